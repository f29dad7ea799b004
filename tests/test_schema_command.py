"""`python -m app schema`: the SDL of a set of scopes, and what one set adds to another."""

import pytest
from graphql import build_schema
from typer.testing import CliRunner

from app.__main__ import cli
from app.commands.schema import difference, sdl
from app.errors import BadUserInput


def types_of(text: str) -> set[str]:
    return set(build_schema(text).type_map)


def test_the_sdl_of_scopes_is_what_a_key_with_them_sees() -> None:
    everything, some = sdl(None), sdl("contacts:read, tags:read")
    assert types_of(some) < types_of(everything)
    assert {"Contact", "Tag"} <= types_of(some)
    assert "Company" not in types_of(some)
    assert sdl("*") == everything
    assert sdl("leads:read,tags:read,") == some
    assert "Contact" not in types_of(sdl(""))


def test_the_difference_is_what_one_of_them_sees_alone() -> None:
    lines = difference("contacts:read, companies:read", "contacts:read,tags:read").splitlines()
    assert "+ field Contact.tags: Tags on the contact." in lines
    assert "- type Company: An organisation that contacts work for." in lines
    assert {line[0] for line in lines} == {"+", "-"}
    assert difference("contacts:read", "leads:read,") == ""


@pytest.mark.parametrize("arguments", [("--scopes", "tags:read,tag:raed"), ("--diff", "tags:read", "tag:raed")])
def test_an_unknown_scope_is_named(arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli, ["schema", *arguments], catch_exceptions=False)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "'tag:raed' is not a scope; the scopes are contacts:read, " in result.stderr
    with pytest.raises(BadUserInput, match="'tag:raed' is not a scope"):
        sdl("tag:raed")


def test_the_command_prints_the_schema() -> None:
    run = CliRunner()
    assert run.invoke(cli, ["schema"]).stdout == sdl(None)
    assert run.invoke(cli, ["schema", "--scopes", "tags:read"]).stdout == sdl("tags:read")
    assert run.invoke(cli, ["schema", "--diff", "tags:read", "*"]).stdout == difference("tags:read", "*")
