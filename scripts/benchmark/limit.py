"""*limit*: a bare ASGI handler, the best hand-written SQL for each workload, orjson. It checks no key and no query."""

import os
from collections.abc import Callable
from typing import Any

import aiosqlite
import asyncpg
import orjson
from sqlalchemy.engine import make_url

from scripts.benchmark.limit_writes import PostgreSQLWrites, SQLiteWrites

URL = os.environ["BENCH_DATABASE"]
POSTGRES = URL.startswith("postgresql")
_TIME = """to_char({}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')""" if POSTGRES else "{}"
_CREATED, _SENT = _TIME.format("c.created_at"), _TIME.format("m.sent_at")
_P = (lambda n: f"${n}") if POSTGRES else (lambda n: f"?{n}")

W1 = f"""SELECT id, email, first_name, last_name, phone, status, score, {_CREATED}
FROM contact c WHERE id = {_P(1)} AND workspace_id = 1"""
W2 = f"""SELECT c.id, c.email, c.first_name, c.last_name, c.phone, c.source, c.status, c.score, {_CREATED},
 c.custom_fields, s.name, p.name, o.name
FROM (SELECT * FROM contact WHERE workspace_id = 1 ORDER BY created_at DESC, id DESC LIMIT 50) c
LEFT JOIN stage s ON s.id = c.stage_id LEFT JOIN pipeline p ON p.id = s.pipeline_id
LEFT JOIN company o ON o.id = c.company_id ORDER BY c.created_at DESC, c.id DESC"""
_AMONG = "= ANY($1::bigint[])" if POSTGRES else "IN (SELECT value FROM json_each(?1))"
W2_TAGS = f"""SELECT j.contact_id, t.name FROM contact_tag j JOIN tag t ON t.id = j.tag_id
WHERE j.contact_id {_AMONG} ORDER BY t.name"""
_WHERE = f"""WHERE c.workspace_id = 1 AND c.status = {_P(1)} AND c.score >= {_P(3)}
 AND EXISTS (SELECT 1 FROM contact_tag j WHERE j.contact_id = c.id AND j.tag_id = {_P(2)})"""
W3 = f"""SELECT c.id, c.email, c.first_name, c.last_name, c.status, c.score FROM contact c {_WHERE}
ORDER BY c.created_at DESC, c.id DESC LIMIT 20"""
W3_COUNT = f"SELECT count(*) FROM contact c {_WHERE}"
W4 = "SELECT id, email FROM contact WHERE workspace_id = 1 ORDER BY created_at DESC, id DESC LIMIT 20"
W4_MESSAGES = (
    f"""SELECT k.id, m.id, m.subject, m.status, {_SENT} FROM unnest($1::bigint[]) k(id) CROSS JOIN LATERAL
 (SELECT * FROM message WHERE contact_id = k.id ORDER BY created_at DESC, id DESC LIMIT 5) m"""
    if POSTGRES
    else """SELECT k.value, m.id, m.subject, m.status, m.sent_at FROM json_each(?1) k JOIN message m ON m.id IN
 (SELECT id FROM message WHERE contact_id = k.value ORDER BY created_at DESC, id DESC LIMIT 5)"""
)


class Limit:
    """The ASGI application."""

    def __init__(self) -> None:
        self.fetch: Callable[..., Any]
        self.writes: PostgreSQLWrites | SQLiteWrites

    async def start(self) -> None:
        if POSTGRES:
            plain = make_url(URL).set(drivername="postgresql").render_as_string(hide_password=False)

            async def no_reset(connection: Any) -> None: ...

            self.pool = await asyncpg.create_pool(
                plain,
                min_size=1,
                max_size=8,
                reset=no_reset,
                server_settings={"timezone": "UTC", "jit": "off", "random_page_cost": "1.1"},
            )

            async def fetch(sql: str, *values: Any) -> Any:
                async with self.pool.acquire() as connection:
                    return await connection.fetch(sql, *values)

            self.writes = PostgreSQLWrites(self.pool)
        else:
            path = URL.removeprefix("sqlite+aiosqlite:///")
            self.connection = await aiosqlite.connect(path, isolation_level=None)

            async def fetch(sql: str, *values: Any) -> Any:
                return await self.connection.execute_fetchall(sql, values)

            self.writes = SQLiteWrites(path)
        self.fetch = fetch

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await self.start()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        asked = orjson.loads(body)["variables"]
        body = orjson.dumps({"data": await self.answer(scope["path"], asked)})
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def answer(self, path: str, asked: dict[str, Any]) -> Any:
        match path:
            case "/w1":
                [r] = await self.fetch(W1, asked["id"])
                names = ("id", "email", "firstName", "lastName", "phone", "status", "score", "createdAt")
                return {"contact": dict(zip(names, r, strict=True))}
            case "/w2":
                return await self.w2()
            case "/w3" | "/w3b":
                values = (asked["status"].lower(), asked["tag"], asked["score"])
                rows = await self.fetch(W3, *values)
                names = ("id", "email", "firstName", "lastName", "status", "score")
                page: dict[str, Any] = {"nodes": [dict(zip(names, r, strict=True)) for r in rows]}
                if path == "/w3":
                    page["totalCount"] = (await self.fetch(W3_COUNT, *values))[0][0]
                return {"contacts": page}
            case "/w4":
                return await self.w4()
            case "/w5":
                key = await self.writes.one(asked["input"])
                return {"createContact": {"contact": {"id": key, "email": asked["input"]["email"]}}}
            case "/w7":
                keys = await self.writes.many(asked["contacts"])
                return {"createContacts": {"results": [{"contact": {"id": key}} for key in keys]}}
        return {"__typename": "Query"}

    async def w2(self) -> Any:
        rows = await self.fetch(W2)
        ids = [r[0] for r in rows]
        tags: dict[int, list[Any]] = {key: [] for key in ids}
        for key, name in await self.fetch(W2_TAGS, ids if POSTGRES else orjson.dumps(ids).decode()):
            tags[key].append({"name": name})
        return {
            "contacts": {
                "nodes": [
                    {
                        "id": r[0],
                        "email": r[1],
                        "firstName": r[2],
                        "lastName": r[3],
                        "phone": r[4],
                        "source": r[5],
                        "status": r[6],
                        "score": r[7],
                        "createdAt": r[8],
                        "customFields": orjson.Fragment(r[9]),
                        "tags": {"nodes": tags[r[0]]},
                        "stage": {"name": r[10], "pipeline": {"name": r[11]}},
                        "company": {"name": r[12]},
                    }
                    for r in rows
                ]
            }
        }

    async def w4(self) -> Any:
        rows = await self.fetch(W4)
        ids = [r[0] for r in rows]
        messages: dict[int, list[Any]] = {key: [] for key in ids}
        for r in await self.fetch(W4_MESSAGES, ids if POSTGRES else orjson.dumps(ids).decode()):
            messages[r[0]].append({"id": r[1], "subject": r[2], "status": r[3], "sentAt": r[4]})
        return {
            "contacts": {"nodes": [{"id": r[0], "email": r[1], "messages": {"nodes": messages[r[0]]}} for r in rows]}
        }


app = Limit()
