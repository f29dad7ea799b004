"""Making, finding and revoking keys (S3-11, S3-15…17, X3, X9, X21, X23, X24)."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select

from app.access.keys import hash_key
from app.domain.api_key import ApiKey, KeyState
from app.domain.api_key_verbs import create_key, find_keys, list_keys, revoke_key
from app.domain.workspace import Dialect
from app.errors import BadUserInput, NotFound
from app.resource import table_of
from app.store.reading import Database
from app.store.session import transaction
from app.store.types import now
from tests.seeding import add_workspace, opened

KEYS = table_of(ApiKey)


async def rows(database: Database) -> list[tuple[object, ...]]:
    async with database.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(select(KEYS).order_by(KEYS.c.id))]


async def test_a_new_key_is_kept_as_hash_and_prefix_only(database_url: str) -> None:
    """S3-11, S3-12, S3-15, X21"""
    async with opened(database_url) as database:
        workspace = await add_workspace(database, dialect=Dialect.COMPACT)
        async with transaction(database) as tx:
            issued = await create_key(tx.connection, workspace_id=workspace, name="CI", scopes=["contacts:read"])
        [row] = await rows(database)
        assert issued.key not in repr(row)
        assert issued.key[14:] not in repr(row)
        assert issued.key not in repr(issued)
        assert hash_key(issued.key) in row
        assert issued.prefix == issued.key[:14]
        assert issued.prefix in row


@pytest.mark.parametrize(
    ("dialect", "start"), [("sprootal", "lg_live_"), ("leadron", "ldr_live_sk_"), ("custom", "lgk_")]
)
async def test_a_key_is_minted_in_the_dialect_of_its_workspace(sqlite_url: str, dialect: str, start: str) -> None:
    """X2"""
    async with opened(sqlite_url) as database:
        workspace = await add_workspace(database, dialect=Dialect(dialect))
        async with transaction(database) as tx:
            issued = await create_key(tx.connection, workspace_id=workspace, name="CI", scopes=["*"])
        assert issued.key.startswith(start)


async def test_scopes_are_kept_as_granted_under_their_documented_names(database_url: str) -> None:
    """X9, X11: `write` stays `write`; an alias becomes the name that it stands for, once."""
    async with opened(database_url) as database:
        workspace = await add_workspace(database)
        async with transaction(database) as tx:
            issued = await create_key(
                tx.connection,
                workspace_id=workspace,
                name="CI",
                scopes=["tags:write", "leads:read", "contacts:read", "campaigns:update"],
            )
            [row] = await list_keys(tx.connection, workspace_id=workspace)
        assert issued.scopes == ("tags:write", "contacts:read", "automations:update")
        assert row["scopes"] == list(issued.scopes)


@pytest.mark.parametrize("scope", ["contacts", "contacts:", ":read", "contacts:manage", "Contacts:read", "", "*:read"])
async def test_an_unknown_scope_is_refused(sqlite_url: str, scope: str) -> None:
    """X9"""
    async with opened(sqlite_url) as database:
        workspace = await add_workspace(database)
        with pytest.raises(BadUserInput, match="is not a scope"):
            async with transaction(database) as tx:
                await create_key(tx.connection, workspace_id=workspace, name="CI", scopes=["tags:read", scope])
        assert await rows(database) == []


@pytest.mark.parametrize("name", ["x", "x" * 100, f"  {'x' * 100}\n", "ключ 🔑", " padded "])
async def test_a_name_has_1_to_100_characters_after_trimming(database_url: str, name: str) -> None:
    """S3-4, X24"""
    async with opened(database_url) as database:
        workspace = await add_workspace(database)
        async with transaction(database) as tx:
            issued = await create_key(tx.connection, workspace_id=workspace, name=name, scopes=[])
            [row] = await list_keys(tx.connection, workspace_id=workspace)
        assert issued.name == row["name"] == name.strip()


@pytest.mark.parametrize("name", ["", "   ", "\n\t", "x" * 101, "a\0b", "a\nb", "a\x1b[2Jb", "a\ud800b"])
async def test_any_other_name_is_refused(sqlite_url: str, name: str) -> None:
    """S3-4, X24"""
    async with opened(sqlite_url) as database:
        workspace = await add_workspace(database)
        with pytest.raises(BadUserInput, match="name of a key"):
            async with transaction(database) as tx:
                await create_key(tx.connection, workspace_id=workspace, name=name, scopes=["*"])
        assert await rows(database) == []


async def test_an_expiry_is_kept_to_the_millisecond_in_utc(database_url: str) -> None:
    """S3-7, X23"""
    expires = now() + timedelta(days=90)
    async with opened(database_url) as database:
        workspace = await add_workspace(database)
        async with transaction(database) as tx:
            zoned = expires.astimezone(timezone(timedelta(hours=2)))
            await create_key(tx.connection, workspace_id=workspace, name="CI", scopes=["*"], expires_at=zoned)
            [row] = await list_keys(tx.connection, workspace_id=workspace)
        assert row["expires_at"] == expires


@pytest.mark.parametrize("expires", [datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1)])  # noqa: DTZ001
async def test_an_expiry_lies_in_the_future_and_has_a_zone(sqlite_url: str, expires: datetime) -> None:
    """S3-7, X23"""
    async with opened(sqlite_url) as database:
        workspace = await add_workspace(database)
        with pytest.raises(BadUserInput, match="expiry of a key"):
            async with transaction(database) as tx:
                await create_key(tx.connection, workspace_id=workspace, name="CI", scopes=["*"], expires_at=expires)
        assert await rows(database) == []


async def test_a_workspace_without_sandbox_has_no_test_keys(database_url: str) -> None:
    """X3, S2-12"""
    async with opened(database_url) as database:
        workspace = await add_workspace(database, sandbox_enabled=False)
        with pytest.raises(BadUserInput) as caught:
            async with transaction(database) as tx:
                await create_key(tx.connection, workspace_id=workspace, name="CI", scopes=["*"], mode="test")
        assert caught.value.reason == "SANDBOX_DISABLED"
        assert await rows(database) == []


async def test_a_key_needs_an_existing_workspace(database_url: str) -> None:
    async with opened(database_url) as database:
        with pytest.raises(NotFound):
            async with transaction(database) as tx:
                await create_key(tx.connection, workspace_id=7, name="CI", scopes=["*"])


async def test_revoking_changes_state_and_version_once(database_url: str) -> None:
    """S2-27, S3-21, S3-22, S3-30: the version is what every process compares."""
    async with opened(database_url) as database:
        workspace = await add_workspace(database)
        async with transaction(database) as tx:
            issued = await create_key(tx.connection, workspace_id=workspace, name="CI", scopes=["*"])
            other = await create_key(tx.connection, workspace_id=workspace, name="Other", scopes=["*"])
        async with transaction(database) as tx:
            assert await revoke_key(tx.connection, issued.id, workspace_id=workspace)
        async with transaction(database) as tx:
            assert not await revoke_key(tx.connection, issued.id, workspace_id=workspace)
            listed = {row["id"]: row for row in await list_keys(tx.connection, workspace_id=workspace)}
        assert (listed[issued.id]["state"], listed[issued.id]["version"]) == ("revoked", 2)
        assert (listed[other.id]["state"], listed[other.id]["version"]) == ("active", 1)
        assert listed[issued.id]["updated_at"] >= listed[issued.id]["created_at"]


async def test_a_key_of_another_workspace_is_not_found_and_not_revoked(database_url: str) -> None:
    async with opened(database_url) as database:
        workspace, stranger = await add_workspace(database), await add_workspace(database, "stranger")
        async with transaction(database) as tx:
            issued = await create_key(tx.connection, workspace_id=workspace, name="CI", scopes=["*"])
        before = await rows(database)
        for key in (issued.id, issued.id + 100):
            with pytest.raises(NotFound):
                async with transaction(database) as tx:
                    await revoke_key(tx.connection, key, workspace_id=stranger)
        assert await rows(database) == before


async def test_a_key_is_found_by_prefix_id_or_itself(database_url: str) -> None:
    """S3-16, X21"""
    async with opened(database_url) as database:
        workspace = await add_workspace(database)
        async with transaction(database) as tx:
            issued = await create_key(tx.connection, workspace_id=workspace, name="CI", scopes=["*"])
            deleted = await create_key(tx.connection, workspace_id=workspace, name="Deleted", scopes=["*"])
            await tx.connection.execute(KEYS.update().where(KEYS.c.id == deleted.id).values(state=KeyState.DELETED))
        async with database.engine.connect() as connection:
            for text, key_id in ((issued.prefix, 0), (issued.key, 0), ("", issued.id)):
                assert [row["id"] for row in await find_keys(connection, text, key_id=key_id)] == [issued.id]
            for text, key_id in ((deleted.prefix, 0), ("", deleted.id), (issued.prefix[:8], 0), ("", 0)):
                assert await find_keys(connection, text, key_id=key_id) == []
