"""Clients of the five documented products work against this server as they are (X1, X2, X14).

Each script in tests/clients is what a customer would write from one product's documents alone: their header, base path,
form of keys and routes. They are run as they stand, against one server that has a workspace of each dialect. What their
documents have people do on the products' own pages, a member of the workspace does here: keys, and records to work on.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.access.dialect import DIALECTS as CONVENTIONS
from app.commands.operating import operate_in
from app.domain.user import Role
from app.domain.workspace import Dialect
from app.domain.workspace_verbs import create_workspace
from app.settings import Settings
from app.store.writing import Writer
from tests.processes import Server, started
from tests.seeding import opened
from tests.serving import World
from tests.signing import PASSWORD, hashed

pytestmark = pytest.mark.asyncio(loop_scope="module")

FOLDER = Path(__file__).parent / "clients"
SLUGS = {"leadron": "acme-corp"}  # S4-40
DIALECTS = [dialect.value for dialect in Dialect if dialect is not Dialect.CUSTOM]
LEADS = ["contacts:read", "contacts:create", "contacts:update", "contacts:delete"]


@dataclass
class Member:
    """A member of a workspace, signed in."""

    http: Any
    token: str
    id: str

    async def do(self, verb: str, shown: str = "", **given: Any) -> Any:
        """What a verb's payload shows; whatever is refused is a defect of the test."""
        declared = ", ".join(f"${name}: {type_}" for name, (type_, _) in given.items())
        passed = ", ".join(f"{name}: ${name}" for name in given)
        text = f"mutation ({declared}) {{ {verb}({passed}) {{ {shown} userErrors {{ field message }} }} }}"
        answer = await self.ask(text, {name: value for name, (_, value) in given.items()})
        assert answer[verb]["userErrors"] == []
        return answer[verb]

    async def ask(self, text: str, variables: Mapping[str, Any] | None = None) -> Any:
        sent = {"query": text, "variables": variables}
        answer = await self.http.post("/graphql", json=sent, headers={"authorization": f"Bearer {self.token}"})
        assert list(answer.json()) == ["data"], answer.text
        return answer.json()["data"]

    async def create(self, noun: str, **values: Any) -> str:
        """The id of a new record."""
        shown = noun[0].lower() + noun[1:]
        made = await self.do(f"create{noun}", f"{shown} {{ id }}", input=(f"Create{noun}Input!", values))
        return str(made[shown]["id"])

    async def key(self, name: str, *, revoked: bool = False, **values: Any) -> str:
        """The text of a new key, in the dialect of the workspace."""
        given = {"name": name, **values}
        made = await self.do("createApiKey", "key apiKey { id }", input=("CreateApiKeyInput!", given))
        if revoked:
            await self.do("revokeApiKey", id=("ID!", made["apiKey"]["id"]))
        return str(made["key"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A server with a workspace of each dialect, and a developer in it."""
    folder = tmp_path_factory.mktemp("clients")
    url = f"sqlite+aiosqlite:///{shutil.copy(sqlite_template, folder / 'leadgraph.db')}"
    async with opened(url) as database:
        for dialect in DIALECTS:
            await database.write(partial(found, Settings(database=url), dialect))
    async with started(World(url, {}, {}), folder, LEADGRAPH_RATE_LIMITS="memory") as running:
        yield running


async def found(settings: Settings, dialect: str, writer: Writer) -> None:
    slug = SLUGS.get(dialect, dialect)
    workspace = await create_workspace(writer, name=dialect.title(), slug=slug, dialect=Dialect(dialect))
    owner = {"email": f"owner@{dialect}.test", "name": "Grace Hopper", "role": Role.OWNER, "developer": True}
    given = {"input": owner, "passwordHash": hashed(PASSWORD)}
    await operate_in(writer, settings, "createUser", workspace, given)
    other = {"input": {"email": f"other@{dialect}.test", "name": "Linus Berg"}}
    await operate_in(writer, settings, "createUser", workspace, other)


async def signed_in(server: Server, dialect: str) -> Member:
    sent = {"email": f"owner@{dialect}.test", "password": PASSWORD}
    tokens = (await server.http.post("/auth/sign-in", json=sent)).json()
    member = Member(server.http, tokens["accessToken"], "")
    member.id = (await member.ask("{ viewer { member { id } } }"))["viewer"]["member"]["id"]
    return member


async def run(server: Server, dialect: str, path: str = "/v1", **given: str) -> None:
    """Runs a script to its end, which has nothing but what it names in its environment."""
    name = dialect.upper()
    variables = {"URL": f"http://127.0.0.1:{server.port}{path}", **given}
    environment = {f"{name}_{each}": value for each, value in variables.items()}
    script = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", str(FOLDER / f"{dialect}.py")),
        env={"PATH": os.environ["PATH"]} | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await script.communicate()
    assert script.returncode == 0, told.decode()


async def test_a_client_of_sprootal(server: Server) -> None:
    """S1-1, S1-4…7, S1-27…49, S1-55."""
    member = await signed_in(server, "sprootal")
    tag = await member.create("Tag", name="Customer")
    pipeline = await member.create("Pipeline", name="Sales")
    stage = await member.create("Stage", name="Won", pipelineId=pipeline, kind="WON")
    grace = await member.create("Contact", email="grace@example.com", firstName="Grace", stageId=stage)
    await member.do("addTagsToContacts", contactIds=("[ID!]!", [grace]), tagIds=("[ID!]!", [tag]))
    await member.create("Message", contactId=grace, subject="Hello")
    automation = await member.create("Automation", name="Welcome")
    step = {"automationId": automation, "kind": "WAIT", "settings": {"minutes": 1}}
    await member.do("createAutomationStep", input=("CreateAutomationStepInput!", step))
    await member.do("activateAutomation", id=("ID!", automation))
    await member.create("SenderProfile", name="Sales", address="sales@example.com", channel="EMAIL")
    await member.create("Project", name="Spring fair")
    await member.create("ContactList", name="Newsletter")
    [preset] = CONVENTIONS["sprootal"].presets
    scopes = list(preset.scopes)
    live = await member.key("Zapier", scopes=scopes)
    test = await member.key("Zapier, trying", scopes=scopes, mode="TEST")
    await run(server, "sprootal", "/api/v1", API_KEY=live, TEST_KEY=test)


async def test_a_client_of_leadterra(server: Server) -> None:
    """S2-2, S2-5, S2-8, S2-10, S2-11, S2-14…19, S2-24…30."""
    member = await signed_in(server, "leadterra")
    await member.create("SenderPool", name="Main pool")
    keys = {
        "API_KEY": await member.key("production-agent"),
        "RESTRICTED_KEY": await member.key("ci-pipeline", scopes=["contacts:read"]),
        "REVOKED_KEY": await member.key("old", revoked=True),
    }
    await run(server, "leadterra", **keys)


async def test_a_client_with_compact_keys(server: Server) -> None:
    """S3-1, S3-5, S3-6, S3-13…17, S3-21."""
    member = await signed_in(server, "compact")
    keys = {
        "API_KEY": await member.key("Zapier, leads sync", scopes=LEADS),
        "READ_KEY": await member.key("Report", scopes=LEADS[:1]),
        "BARE_KEY": await member.key("Nothing ticked"),
        "REVOKED_KEY": await member.key("Old", scopes=LEADS, revoked=True),
    }
    await run(server, "compact", **keys)


async def test_a_client_of_leadron(server: Server) -> None:
    """S4-2, S4-4, S4-5, S4-8…16, S4-18…26, S4-28…43, S4-53; S4-15, S4-17: who it was is in the audit log."""
    member = await signed_in(server, "leadron")
    stranger = await signed_in(server, "spreeflo")
    [other] = {each["id"] for each in (await member.ask("{ users { nodes { id } } }"))["users"]["nodes"]} - {member.id}
    key = await member.key("Integration")
    sandbox = await member.key("Integration, trying", mode="TEST")
    await run(server, "leadron", API_KEY=key, SANDBOX_KEY=sandbox, USER=other, STRANGER=stranger.id)
    asked = "{ auditLog(filter: { type: { eq: CONTACT_CREATED } }) { nodes { keyPrefix actingUser { id } } } }"
    told = (await member.ask(asked))["auditLog"]["nodes"]
    assert [each["keyPrefix"] for each in told] == [key[:14]] * 3
    assert [each["actingUser"]["id"] for each in told] == [other, member.id, member.id]


async def test_a_client_of_spreeflo(server: Server) -> None:
    """S5-1, S5-4, S5-7, S5-8, S5-10, S5-12, S5-13."""
    member = await signed_in(server, "spreeflo")
    revoked = await member.key("Old", revoked=True)
    await run(server, "spreeflo", API_KEY=await member.key("New"), REVOKED_KEY=revoked)
