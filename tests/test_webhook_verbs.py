"""Webhooks: what they are given, their secret, which is shown once, and their state."""

from base64 import b64decode
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import SQLModel

from app.domain.webhook import Webhook, signing_secret
from app.resource import table_of
from app.store.session import transaction
from tests.changing import change, events, refusals
from tests.serving import Client

WEBHOOK = "webhook { id url events selection state version }"
CREATE = f"""mutation ($input: CreateWebhookInput!) {{
    createWebhook(input: $input) {{ {WEBHOOK} secret userErrors {{ field code }} }} }}"""
UPDATE = f"""mutation ($id: ID!, $input: UpdateWebhookInput!) {{
    updateWebhook(id: $id, input: $input) {{ {WEBHOOK} userErrors {{ field code }} }} }}"""
PAUSE = f"mutation ($id: ID!) {{ pauseWebhook(id: $id) {{ {WEBHOOK} userErrors {{ field code }} }} }}"
RESUME = f"mutation ($id: ID!) {{ resumeWebhook(id: $id) {{ {WEBHOOK} userErrors {{ field code }} }} }}"
ROTATE = """mutation ($id: ID!, $ifVersion: Int, $dryRun: Boolean! = false) {
    rotateWebhookSecret(id: $id, ifVersion: $ifVersion, dryRun: $dryRun) {
        webhook { id version secretRotatedAt } secret userErrors { field code } } }"""
GIVEN = {"url": "https://hooks.acme.com/leads", "events": ["contact.created", "task.completed"]}


async def create(client: Client, **given: Any) -> Any:
    return await change(client, CREATE, input={**GIVEN, **given})


async def test_a_webhook_gets_a_secret_that_is_shown_once(client: Client) -> None:
    """S1-44. HARDENING 10: no event has the secret."""
    payload = await create(client)
    secret = payload["secret"]
    assert payload["webhook"].pop("id")
    assert payload["webhook"] == {**GIVEN, "selection": None, "state": "ACTIVE", "version": 1}
    assert secret != (await create(client))["secret"]
    assert secret.startswith("whsec_")
    assert len(b64decode(secret.removeprefix("whsec_"), validate=True)) == 24
    told = await events(client)
    assert [type_ for type_, _ in told] == ["webhook.created"] * 2
    assert secret not in str(told)
    assert "secret" not in told[0][1]
    fields = await client.ask('{ __type(name: "Webhook") { fields { name } } }')
    assert "secret" not in {field["name"] for field in fields["__type"]["fields"]}


async def test_a_secret_is_exchanged_for_another(client: Client) -> None:
    """HARDENING 10. The one before it stays known to the server, which will sign with both for a day."""
    created = await create(client)
    made = created["webhook"]["id"]
    tried = await change(client, ROTATE, id=made, dryRun=True)
    first, second = [await change(client, ROTATE, id=made, ifVersion=version) for version in (1, 2)]
    secrets = [payload["secret"] for payload in (created, tried, first, second)]
    assert len(set(secrets)) == 4  # what was only tried is not what came of it
    assert second["webhook"]["version"] == 3
    moments = [payload["webhook"]["secretRotatedAt"] for payload in (first, second)]
    told = await events(client, "webhook.created")
    assert told == [
        ("webhook.secret_rotated", {"secretRotatedAt": {"old": None, "new": moments[0]}}),
        ("webhook.secret_rotated", {"secretRotatedAt": {"old": moments[0], "new": moments[1]}}),
    ]
    table = table_of(Webhook)
    async with client.database.engine.connect() as connection:
        [row] = await connection.execute(select(table.c.salt, table.c.previous_salt))
    installation = client.app.settings.secret
    assert [signing_secret(installation, salt) for salt in row] == [secrets[3], secrets[2]]
    assert await refusals(client, ROTATE, id=made, ifVersion=2) == [("CONFLICT", "ifVersion")]
    assert await refusals(client, ROTATE, key="foreign", id=made) == [("NOT_FOUND", "id")]


async def test_a_retry_is_not_told_the_new_secret_again(client: Client) -> None:
    """HARDENING 10, 32: and does not exchange it a second time."""
    made = (await create(client))["webhook"]["id"]
    body = {"query": ROTATE, "variables": {"id": made}}
    headers = client.bearer("all") | {"idempotency-key": "rotation"}
    first, again = [(await client.http.post("/graphql", json=body, headers=headers)).json()["data"] for _ in range(2)]
    assert first["rotateWebhookSecret"].pop("secret") is not None
    assert again["rotateWebhookSecret"].pop("secret") is None
    assert again == first


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"url": "ftp://acme.com"}, [("INVALID", "input.url")]),
        ({"url": "https://user:password@acme.com"}, [("INVALID", "input.url")]),
        ({"url": "https://acme.com/" + "x" * 2_000}, [("TOO_LONG", "input.url")]),
        ({"events": ["contact.created", "contact.sneezed"]}, [("INVALID", "input.events")]),
        ({"events": []}, [("REQUIRED", "input.events")]),
        ({"events": None}, [("REQUIRED", "input.events")]),
    ],
)
async def test_a_webhook_posts_events_that_there_are_to_an_address_on_the_web(
    client: Client, given: dict[str, Any], refused: list[tuple[str, str]]
) -> None:
    made = (await create(client))["webhook"]["id"]
    assert await refusals(client, CREATE, input={**GIVEN, **given}) == refused
    assert await refusals(client, UPDATE, id=made, input=given) == refused


async def test_a_webhook_may_ask_for_all_events(client: Client) -> None:
    made = (await create(client, events=["*"]))["webhook"]
    assert made["events"] == ["*"]
    found = await client.ask('{ webhooks(filter: { events: { has: "*" } }) { nodes { id } } }')
    assert found == {"webhooks": {"nodes": [{"id": made["id"]}]}}


async def test_deliveries_are_stopped_and_go_on(client: Client) -> None:
    made = (await create(client))["webhook"]["id"]
    for document, state in ((PAUSE, "PAUSED"), (PAUSE, "PAUSED"), (RESUME, "ACTIVE"), (RESUME, "ACTIVE")):
        assert (await change(client, document, id=made))["webhook"]["state"] == state
    assert await events(client, "webhook.created") == [
        ("webhook.updated", {"state": {"old": "ACTIVE", "new": "PAUSED"}}),
        ("webhook.updated", {"state": {"old": "PAUSED", "new": "ACTIVE"}}),
    ]


async def test_what_the_server_switched_off_goes_on_when_somebody_says_so(client: Client) -> None:
    made = (await create(client))["webhook"]["id"]
    async with transaction(client.database) as tx:
        await tx.connection.execute(update(table_of(Webhook)).values(state="disabled"))
    assert await refusals(client, PAUSE, id=made) == [("NOT_ALLOWED", "id")]
    assert (await change(client, RESUME, id=made))["webhook"]["state"] == "ACTIVE"


async def test_webhooks_are_managed_with_a_scope_of_their_own(client: Client) -> None:
    """S1-25, S1-45, S1-46, HARDENING 24."""
    await client.add_key("hooks", scopes=("webhooks:manage",))
    made = (await change(client, CREATE, key="hooks", input=GIVEN))["webhook"]["id"]
    payload = await change(client, UPDATE, key="hooks", id=made, input={"events": ["tag.deleted"]})
    assert payload["webhook"]["events"] == ["tag.deleted"]
    assert await refusals(client, UPDATE, key="foreign", id=made, input={}) == [("NOT_FOUND", "id")]
    refused = await client.refused(CREATE, {"input": GIVEN}, key="people")
    assert (refused["code"], refused["requiredScopes"]) == ("FORBIDDEN", ["webhooks:manage"])
    delete = "mutation ($id: ID!) { deleteWebhook(id: $id) { deletedId userErrors { code } } }"
    assert await change(client, delete, key="hooks", id=made) == {"deletedId": made}
    assert await client.ask("{ webhooks { totalCount } }", key="hooks") == {"webhooks": {"totalCount": 0}}


async def test_no_secret_of_a_webhook_is_in_the_database(client: Client) -> None:
    """HARDENING 10. Not in the row, and not in the answer that is kept for a retry, which has null in its place."""
    body = {"query": CREATE, "variables": {"input": GIVEN}}
    headers = client.bearer("all") | {"idempotency-key": "webhook-1"}
    first, again = [(await client.http.post("/graphql", json=body, headers=headers)).json() for _ in range(2)]
    secret = first["data"]["createWebhook"].pop("secret")
    assert again["data"]["createWebhook"].pop("secret") is None
    assert again == first
    async with client.database.engine.connect() as connection:
        dump = [
            str((await connection.execute(select(table))).all())
            for table in SQLModel.metadata.sorted_tables
            if table.name in {"webhook", "event", "idempotency"}
        ]
    assert "acme.com" in dump[0] + dump[1] + dump[2]
    assert not any(secret.removeprefix("whsec_") in rows for rows in dump)
