"""*limit*, writing: a contact and its event, or 500 of each, in one transaction by hand."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, islice
from typing import Any

import asyncpg
import orjson

from app.store.fold import search_text
from app.store.types import now, timestamp_text

_TIMES = ("created_at", "updated_at")
_CONTACT = (
    *("workspace_id", "version", "source", "status", "duplicate_status", *_TIMES),
    *("email", "first_name", "last_name", "phone", "score", "custom_fields", "search_text"),
)
_EVENT = (
    *("workspace_id", "version", "type", "subject_type", "mode", "count", *_TIMES),
    *("at", "key_prefix", "actor_key_id", "request_id", "subject_id", "changes"),
)
_ROWS = 100  # an INSERT of SQLite's


def _insert(table: str, columns: Sequence[str], mark: Callable[[int], str], rows: int = 1) -> str:
    places = ", ".join(["(" + ", ".join(map(mark, range(1, len(columns) + 1))) + ")"] * rows)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {places}"


def _contact(moment: Any, given: Mapping[str, Any]) -> tuple[Any, ...]:
    names = (given["firstName"], given["lastName"], given["email"], given["phone"])
    return (
        *(1, 1, "api", "new", "unchecked", moment, moment, given["email"], given["firstName"], given["lastName"]),
        *(given["phone"], given["score"], orjson.dumps(given["customFields"]).decode(), search_text(*names)),
    )


def _event(moment: Any, key: int, given: Mapping[str, Any]) -> tuple[Any, ...]:
    shown = {**given, "source": "api", "status": "new", "duplicateStatus": "unchecked"}
    changes = orjson.dumps({name: {"old": None, "new": value} for name, value in shown.items()}).decode()
    return (
        *(1, 1, "contact.created", "Contact", "live", 1, moment, moment, moment, "lg_live_012345", 1),
        *("0123456789abcdef", key, changes),
    )


class PostgreSQLWrites:
    """COPY for many."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def one(self, given: Mapping[str, Any]) -> int:
        moment = now()
        async with self._pool.acquire() as connection:
            await connection.execute("BEGIN")
            key: int = await connection.fetchval(_CONTACT_TO_POSTGRESQL, *_contact(moment, given))
            await connection.fetch(_EVENT_TO_POSTGRESQL, *_event(moment, key, given))
            await connection.execute("COMMIT")
        return key

    async def many(self, given: Sequence[Mapping[str, Any]]) -> list[int]:
        moment = now()
        async with self._pool.acquire() as connection:
            await connection.execute("BEGIN")
            keys = [key for (key,) in await connection.fetch(_KEYS, len(given))]
            contacts = [(key, *_contact(moment, each)) for key, each in zip(keys, given, strict=True)]
            await connection.copy_records_to_table("contact", columns=("id", *_CONTACT), records=contacts)
            events = [_event(moment, key, each) for key, each in zip(keys, given, strict=True)]
            await connection.copy_records_to_table("event", columns=_EVENT, records=events)
            await connection.execute("COMMIT")
        return keys


class SQLiteWrites:
    """On the event loop: a thread costs more than the statements; many rows in each for many."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("synchronous = NORMAL", "foreign_keys = ON", "mmap_size = 268435456"):
            self._connection.execute(f"PRAGMA {pragma}")

    async def one(self, given: Mapping[str, Any]) -> int:
        moment = timestamp_text(now())
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        [(key,)] = run(_CONTACT_TO_SQLITE, _contact(moment, given)).fetchall()
        run(_EVENT_TO_SQLITE, _event(moment, key, given))
        run("COMMIT")
        return int(key)

    async def many(self, given: Sequence[Mapping[str, Any]]) -> list[int]:
        moment = timestamp_text(now())
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        [(last,)] = run("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'contact' RETURNING seq", (len(given),))
        keys = list(range(last - len(given) + 1, last + 1))
        rows = list(zip(keys, given, strict=True))
        self._insert("contact", ("id", *_CONTACT), [(key, *_contact(moment, each)) for key, each in rows])
        self._insert("event", _EVENT, [_event(moment, key, each) for key, each in rows])
        run("COMMIT")
        return keys

    def _insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        remaining = iter(rows)
        while chunk := list(islice(remaining, _ROWS)):
            text = _insert(table, columns, lambda _: "?", len(chunk))
            self._connection.execute(text, list(chain.from_iterable(chunk)))


_KEYS = "SELECT nextval(pg_get_serial_sequence('contact', 'id')) FROM generate_series(1, $1)"
_CONTACT_TO_POSTGRESQL = f"{_insert('contact', _CONTACT, '${}'.format)} RETURNING id"
_EVENT_TO_POSTGRESQL = _insert("event", _EVENT, "${}".format)
_CONTACT_TO_SQLITE = f"{_insert('contact', _CONTACT, '?{}'.format)} RETURNING id"
_EVENT_TO_SQLITE = _insert("event", _EVENT, "?{}".format)
