"""The import order that the folders promise, held by parsing the imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import app

ROOT = Path(app.__file__).parent
ORDER = (
    "errors",
    "rate",
    "settings",
    "logs",
    "metrics",
    "observing",
    "store",
    "tracing",
    "resource",
    "verb",
    "review",
    "catalog",
    "access",
    "read",
    "write",
    "domain",
    "effects",
    "graph",
    "answering",
    "auth",
    "gathering",
    "rest",
    "connection",
    "openapi",
    "console",
    "docs",
    "exposition",
    "application",
    "demo",
    "commands",
    "__main__",
)
"""A module imports from what stands left of it, and from its own package."""

MODULES = sorted(path.relative_to(ROOT.parent) for path in ROOT.rglob("*.py"))


def imports(module: Path) -> Iterator[str]:
    """Every module that a file imports, inside functions too, by its full name; relative imports start with a dot."""
    for node in ast.walk(ast.parse((ROOT.parent / module).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")
            # `from app import graph` names a package as well.
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module == "app")


def part(module: str) -> str:
    """`app.read.plan` → `read`."""
    return module.split(".")[1] if module.startswith("app.") else ""


def test_every_part_of_the_application_has_its_place_in_the_order() -> None:
    assert {part(".".join(path.with_suffix("").parts)) for path in MODULES} - {"__init__"} <= set(ORDER)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_imports_only_what_comes_before_it(module: Path) -> None:
    own = part(".".join(module.with_suffix("").parts))
    allowed = set() if own == "__init__" else {*ORDER[: ORDER.index(own)], own}
    found = list(imports(module))
    assert not [name for name in found if name.startswith(".")], "imports are absolute"
    assert {part(name) for name in found if name.startswith("app.")} <= allowed


@pytest.mark.parametrize("module", [path for path in MODULES if path.parts[1] != "__init__.py"], ids=str)
def test_only_the_surfaces_know_a_web_framework(module: Path) -> None:
    surfaces = {"graph", "answering", "auth", "connection", "rest", "console", "docs", "application", "commands"}
    frameworks = {"strawberry", "starlette", "uvicorn"}
    if part(".".join(module.with_suffix("").parts)) not in surfaces:
        assert not {name.split(".")[0] for name in imports(module)} & frameworks


@pytest.mark.parametrize("engine", ["store", "resource", "access", "read", "write"])
def test_the_engine_knows_no_noun(engine: str) -> None:
    modules = [path for path in MODULES if part(".".join(path.with_suffix("").parts)) == engine]
    assert modules
    assert not [name for path in modules for name in imports(path) if name.startswith("app.domain")]
