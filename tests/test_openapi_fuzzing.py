"""The REST API answers what its OpenAPI document says, whatever it is called with; `scripts/fuzz` calls it longer."""

from pathlib import Path

from tests.demo_world import Demo
from tests.fuzzing import fuzz, quickly


async def test_schemathesis_finds_nothing(demo: Demo, tmp_path: Path) -> None:
    """No 5xx, no status, type or shape that is not told, no wrong input taken, nothing without a key."""
    some = r"^/(me|leads|leads/.id.|contacts/search|webhooks|tasks/.id./complete|automations/.id./status)$"
    async with quickly(demo.app) as address:
        options = "--phases", "coverage,fuzzing", "--include-path-regex", some, "-n", "5"
        status, printed = await fuzz(demo, address, tmp_path, *options)
    assert status == 0, printed
