"""The code samples of every operation run, in all five languages, and are answered what the documentation shows."""

import json
from pathlib import Path

import pytest

from app.docs.operations import Operation, groups_of
from app.docs.samples import LANGUAGES, Call, Language
from tests.browsing import listening
from tests.demo_world import Built, copied, demonstrated
from tests.examples import fixed, masked
from tests.samples import RUNNERS, run

HOSTILE = {
    "quotes": "it's \"quoted\" 'twice' `thrice`",
    "escapes": "\\ \\n \\' \\\" \n \t \u2028",
    "values": "#{1 + 1} $HOME ${HOME} $(id) {id} %s #$0 #@x",
    "letters": "Łukasz 山田 😀",
    "nested": {"nothing": None, "yes": True, "no": False, "half": 0.5, "empty": {}, "list": [[], [{"a": []}]]},
}


@pytest.mark.parametrize(
    "language",
    [
        pytest.param(
            each,
            marks=pytest.mark.skipif(
                RUNNERS[each.name].missing, reason=f"there is no {each.label}; as root, scripts/languages installs it"
            ),
        )
        for each in LANGUAGES
    ],
    ids=lambda each: each.name,
)
async def test_every_sample_is_answered_as_documented(language: Language, built_demo: Built, tmp_path: Path) -> None:
    """S1-11. Values of a body are taken for nothing else, whatever they hold."""
    async with (
        demonstrated(copied(built_demo, tmp_path / "demo.db"), rate_limits="off") as demo,
        listening(demo.app) as address,
    ):
        operations = [each for group in groups_of(demo.app.openapi.document()) for each in group.operations]
        lead = {"email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace", "customFields": HOSTILE}
        calls = [*(each.call(address) for each in operations), Call("POST", f"{address}/v1/leads", {}, lead)]
        folder = tmp_path / language.name
        folder.mkdir()
        *printed, last = await run(language.name, [language.write(each) for each in calls], demo.keys["all"], folder)
    for operation, text in zip(operations, printed, strict=True):
        assert masked(fixed(json.loads(text))) == masked(json.loads(shown(operation))), operation.id
    assert json.loads(last)["data"]["customFields"] == HOSTILE


def shown(operation: Operation) -> str:
    """The answer of a success that the page shows."""
    return next(each.example for each in operation.answers if each.succeeds and each.example)
