"""The REST API answers what its OpenAPI document says, whatever it is called with; `scripts/fuzz` calls it longer."""

from pathlib import Path

from tests.demo_world import Built, copied, demonstrated
from tests.fuzzing import fuzz, quickly


async def test_schemathesis_finds_nothing(built_demo: Built, tmp_path: Path) -> None:
    """No 5xx, no status, type or shape that is not told, no wrong input taken, nothing without a key."""
    some = r"^/(me|leads|leads/.id.|contacts/search|webhooks|tasks/.id./complete|automations/.id./status)$"
    own = copied(built_demo, tmp_path / "demo.db")
    async with demonstrated(own, rate_limits="off") as demo, quickly(demo.app) as address:
        options = "--phases", "coverage,fuzzing", "--include-path-regex", some, "-n", "5"
        status, printed = await fuzz(demo, address, tmp_path, *options)
    assert status == 0, printed
