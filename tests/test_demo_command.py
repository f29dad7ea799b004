"""`python -m app demo` as a process: from nothing to answers, and again."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner

from app.__main__ import cli
from app.commands.demo import demo_keys

README = Path(__file__).parent.parent / "README.md"
HTTP = httpx2.Client(verify=False)  # one for all: to read the certificates that it could trust takes 50 ms


@contextmanager
def demo(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """A running demo of 300 contacts: its address and its keys."""
    file = folder / "demo.json"
    before = file.stat().st_mtime_ns if file.exists() else 0
    arguments = ["--data", str(folder), "--port", "0", "--contacts", "300"]
    process = subprocess.Popen([sys.executable, "-m", "app", "demo", *arguments], stdout=subprocess.DEVNULL)
    try:
        while not file.exists() or file.stat().st_mtime_ns == before:
            assert process.poll() is None
            time.sleep(0.05)
        told = json.loads(file.read_text())
        while True:
            try:
                HTTP.get(f"{told['url']}/readyz")
            except httpx2.ConnectError:
                time.sleep(0.05)
            else:
                break
        yield told["url"], told["keys"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """A demo for all tests that only ask it."""
    with demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


def ask(url: str, key: str, query: str) -> Any:
    response = HTTP.post(f"{url}/graphql", json={"query": query}, headers={"authorization": f"Bearer {key}"})
    return response.status_code, response.json()


def signed_in_member(url: str, folder: Path) -> Any:
    """The member that demo.json names, after he has signed in and seen the keys."""
    member = json.loads((folder / "demo.json").read_text())["member"]
    answer = HTTP.post(f"{url}/auth/sign-in", json=member)
    assert answer.status_code == 200
    assert ask(url, answer.json()["accessToken"], "{ apiKeys { totalCount } }")[0] == 200
    return member


def test_the_demo_serves_keys_of_different_scopes_and_keeps_them(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    totals = "{ contacts { totalCount } }"
    with demo(folder) as (url, keys):
        assert set(keys) == {"all", "read_contacts", "lead_capture", "no_messages", "other_workspace"}
        assert (folder / "demo.json").stat().st_mode & 0o777 == 0o600
        assert folder.stat().st_mode & 0o777 == 0o700
        assert ask(url, keys["all"], totals) == (200, {"data": {"contacts": {"totalCount": 300}}})
        assert ask(url, keys["other_workspace"], totals) == (200, {"data": {"contacts": {"totalCount": 30}}})
        assert ask(url, keys["lead_capture"], totals)[0] == 403
        for query in (
            "{ messages { totalCount } }",
            "{ contacts { nodes { stats { sent } } } }",
            "{ messageAnalytics { count } }",
        ):
            assert ask(url, keys["no_messages"], query)[0] == 403
        ids = ask(url, keys["all"], "{ contacts(first: 5) { nodes { id } } }")
        member = signed_in_member(url, folder)
    with demo(folder) as (url, again):
        assert signed_in_member(url, folder) == member
        assert again == keys
        assert ask(url, keys["all"], "{ contacts(first: 5) { nodes { id } } }") == ids
    (folder / "demo.json").write_text("damaged")
    with demo(folder) as (url, new):
        assert not set(new.values()) & set(keys.values())
        assert ask(url, keys["all"], totals)[0] == 401  # what was lost is dead
        assert ask(url, new["all"], totals)[0] == 200
        assert signed_in_member(url, folder)["password"] != member["password"]


def test_the_example_of_the_readme_finds_somebody_in_the_demo(shared: tuple[str, dict[str, str]]) -> None:
    query = README.read_text().partition("```graphql\n")[2].partition("```")[0]
    url, keys = shared
    status, answer = ask(url, keys["all"], query)
    assert status == 200
    assert answer["data"]["contacts"]["totalCount"] > 0
    assert answer["data"]["contactsAggregate"]


def test_every_key_of_the_demo_can_do_what_is_printed_beside_it(shared: tuple[str, dict[str, str]]) -> None:
    url, keys = shared
    for name, shown in demo_keys().items():
        assert "'" not in shown.query, "it is quoted for a shell"
        status, answer = ask(url, keys[name], shown.query)
        assert status == 200
        assert "errors" not in answer
        assert not answer["data"].get("createContact", {}).get("userErrors")


def test_what_the_readme_changes_in_the_demo_is_changed(shared: tuple[str, dict[str, str]]) -> None:
    mutation = README.read_text().partition("### Change it")[2].partition("```graphql\n")[2].partition("```")[0]
    url, keys = shared
    for name in ("all", "lead_capture"):
        status, answer = ask(url, keys[name], mutation)
        assert (status, answer["data"]["createContact"]["userErrors"]) == (200, [])
        assert answer["data"]["createContact"]["contact"]["version"] == 1
    assert ask(url, keys["read_contacts"], mutation)[0] == 403


def test_a_demo_that_cannot_listen_makes_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = CliRunner().invoke(cli, ["demo", "--data", str(tmp_path / "new"), "--port", port])
    assert refused.exit_code == 2
    assert f"Cannot listen on port {port}" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_demo_whose_folder_is_a_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = CliRunner().invoke(cli, ["demo", "--data", str(tmp_path / "file"), "--port", "0"])
    assert (refused.exit_code, refused.stderr) == (2, f"Error: {tmp_path / 'file'} is not a folder.\n")
