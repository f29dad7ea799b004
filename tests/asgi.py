"""What a client can do to a connection, below what an HTTP library lets one do: the application called as ASGI."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from tests.serving import Client

Message = MutableMapping[str, Any]


class Answer:
    """What an ASGI application sent."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            assert not self.status, "two answers"
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.body += message.get("body", b"")


def scope_of(client: Client, method: str, path: str, headers: dict[str, str]) -> dict[str, Any]:
    target, _, query = path.partition("?")
    return {
        "type": "http",
        "method": method,
        "path": target,
        "raw_path": target.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
        "root_path": "",
        "state": {},
    }


async def bare(client: Client, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
    """Calls the application with exactly these headers; the path is as a server decodes it."""
    answer = Answer()
    receive = messages({"type": "http.request", "body": body, "more_body": False})
    await client.app(scope_of(client, method, path, headers), receive, answer.take)
    return answer


def messages(*given: Message) -> Callable[[], Awaitable[Message]]:
    """A `receive` that hands out messages, then says that the client has gone."""
    remaining = list(given)

    async def receive() -> Message:
        return remaining.pop(0) if remaining else {"type": "http.disconnect"}

    return receive


def json_headers(client: Client) -> dict[str, str]:
    return client.bearer("all") | {"content-type": "application/json"}
