"""Every example that the OpenAPI document shows is what the demo really answers, and fits the schemas beside it."""

import json
import re
from pathlib import Path

from openapi_schema_validator import OAS31Validator

from app.openapi.examples import recorded
from tests.demo_world import Built, Demo
from tests.examples import masked, play, play_errors


async def test_every_operation_is_answered_as_its_example_says(demo: Demo) -> None:
    """`scripts/examples` records them anew."""
    played, kept = await play(demo), recorded().operations
    assert list(played) == list(kept)
    for operation, example in played.items():
        assert masked(example) == masked(kept[operation]), operation


async def test_every_error_is_answered_as_its_example_says(built_demo: Built, tmp_path: Path) -> None:
    assert masked(await play_errors(built_demo, tmp_path)) == masked(recorded().errors)


async def test_every_operation_and_error_has_an_example_that_fits_its_schema(demo: Demo) -> None:
    document = demo.app.openapi.document()
    contents = [
        (operation["operationId"], content)
        for methods in document["paths"].values()
        for operation in methods.values()
        for holder in (operation.get("requestBody", {}), *operation["responses"].values())
        for content in holder.get("content", {}).values()
    ]
    contents += [
        (name, content)
        for name, response in document["components"]["responses"].items()
        for content in response["content"].values()
    ]
    for name, content in contents:
        validator = OAS31Validator({**content["schema"], "components": document["components"]})
        assert content["examples"], name
        for example in content["examples"].values():
            assert not [error.message for error in validator.iter_errors(example["value"])], name


def test_no_example_holds_a_secret() -> None:
    text = json.dumps([recorded().operations, recorded().errors])
    for key in re.findall(r"\b(?:lgk_live_|lgk_test_|whsec_)(\w+)", text):
        assert re.fullmatch(r"EXAMP(LE0+)?|MISTYPED", key)
