"""The README names every setting, error, command and script that there is, and nothing that is not."""

import re
from pathlib import Path

from app import errors
from app.__main__ import cli
from app.errors import LeadgraphError
from app.graph.errors import Ambiguous
from app.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_settings_are_listed_with_their_defaults_and_meanings() -> None:
    rows = dict(re.findall(r"^\| `LEADGRAPH_(\w+)` (\|.*)$", README, re.MULTILINE))
    assert rows == {
        name.upper(): f"| `{field.default}` | {field.description} |" for name, field in Settings.model_fields.items()
    }


def test_every_error_code_is_explained() -> None:
    classes: list[type[LeadgraphError]] = [Ambiguous]
    classes += [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, LeadgraphError)]
    codes = {each.code: each.status for each in classes}
    table = README.partition("### Errors")[2].partition("##")[0]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| `")]
    explained = {code: row[2] for row in rows for code in re.findall(r"`([A-Z_]+)`", row[1])}
    assert set(explained) == set(codes)
    for code, status in codes.items():
        assert str(status) in explained[code]


def test_commands_and_scripts_that_are_named_exist() -> None:
    known = {command.name or command.callback.__name__ for command in cli.registered_commands if command.callback}
    known |= {group.name or "" for group in cli.registered_groups}
    named = set(re.findall(r"python -m app ([a-z]+)", README))
    assert named <= known
    assert known - {"demo"} <= named
    for script in re.findall(r"`?(scripts/[a-z-]+)\b", README):
        assert (ROOT / script).exists(), script


def test_the_map_shows_every_part_of_the_code() -> None:
    tree = README.partition("## The map of the code")[2].partition("```\n")[2].partition("```")[0]
    for path in sorted((ROOT / "app").iterdir()):
        if path.suffix == ".py" and path.name != "__init__.py":
            assert f"  {path.name} " in tree, path.name
        elif path.is_dir() and any(file.name != "__init__.py" for file in path.glob("*.py")):
            assert f"  {path.name}/ " in tree, path.name
