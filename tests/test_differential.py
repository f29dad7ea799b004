"""Random documents answer as the oracle answers them, on both databases and on both ways through the server.

Every document is sent three times: as composed, with other values of the same shape (so that the plan of the first
time serves them), and with any other values; then once more with an introspecting field, which leads it through
Strawberry's execution. `LEADGRAPH_TEST_DOCUMENTS` says how many documents are composed for a key and a database,
`LEADGRAPH_TEST_SEED` where they begin; a failure names the seed of its document.
"""

import json
import os
from contextlib import suppress
from random import Random
from typing import Literal

import pytest

from app.domain import CATALOG
from tests import dense
from tests.composing import Composed, Composer
from tests.trial import TooMuch, Trial, dumped, trying

DOCUMENTS = int(os.environ.get("LEADGRAPH_TEST_DOCUMENTS", "60"))
SEED = int(os.environ.get("LEADGRAPH_TEST_SEED", "0"))
ROUNDS: tuple[Literal["none", "leaves", "fresh"], ...] = ("none", "leaves", "fresh")


@pytest.mark.parametrize("key", [*dense.KEYS, "foreign"])
async def test_answers_are_those_of_the_oracle(database_url: str, key: str) -> None:
    async with trying(database_url, key) as trial:
        pools = await trial.pools(Random(1))
        refused = 0
        for number in range(DOCUMENTS):
            seed = f"{key} {SEED + number}"
            composed = Composer(trial.view.schema, CATALOG, pools, Random(seed)).compose()
            try:
                await check(trial, composed)
            except TooMuch:
                refused += 1
            except Exception as error:
                error.add_note(f"The document of the seed {seed!r}:\n{composed.text}")
                raise
        assert refused <= DOCUMENTS / 20


async def test_answers_stay_the_same_where_a_record_has_many_of_what_it_should_have_few(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.read.plan.FEW", 1)
    async with trying(database_url, "all") as trial:
        pools = await trial.pools(Random(1))
        asked = 0
        for number in range(DOCUMENTS):
            composed = Composer(trial.view.schema, CATALOG, pools, Random(f"many {SEED + number}")).compose()
            if any(f" {link}" in composed.text for link in ("tags", "lists", "stages", "steps", "profiles")):
                with suppress(TooMuch):
                    await check(trial, composed)
                    asked += 1
        assert asked >= DOCUMENTS / 10


async def check(trial: Trial, composed: Composed) -> None:
    """Holds the answers to a document against the oracle's."""
    for change in ROUNDS:
        values = composed.values(change)
        expected = await trial.expected(composed.text, values)
        assert await trial.answer(composed.text, values) == expected, json.dumps(values)
    mixed = composed.text.replace("{ ", '{ zz: __type(name: "Query") { name } ', 1)
    if composed.variables:
        mixed = composed.text.replace(") { ", ') { zz: __type(name: "Query") { name } ', 1)
    answer = json.loads(await trial.answer(mixed, values))
    assert answer.pop("zz") == {"name": "Query"}
    assert dumped(answer) == expected, json.dumps(values)
