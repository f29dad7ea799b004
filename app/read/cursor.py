"""Cursors: where a page ends, as the values of its order's columns, sealed so that nobody can make or move one.

A cursor is base64url of a 12-byte MAC and a JSON array of the sort values and the encoded id. The MAC is keyed per
installation and covers workspace, noun and order: garbage, an edited cursor, one of another list, order or workspace
are all the same `BadCursor` (HARDENING 23). Values are those of fields that the key could sort by, hence read.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import Any

import orjson

from app.errors import BadCursor

_MAC_BYTES = 12
_MAX_LENGTH = 32_768  # two texts of 2,000 control characters each, as JSON escapes them, take 32,000


class CursorCodec:
    """Makes and reads cursors under an installation's secret."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.blake2b(secret.encode(), person=b"leadgraph-cursor").digest()

    def encode(self, signature: bytes, workspace_id: int, values: list[Any]) -> str:
        """The cursor of a row; `values` are the sort values, the encoded id last."""
        payload = orjson.dumps(values)
        return urlsafe_b64encode(self._mac(signature, workspace_id, payload) + payload).decode().rstrip("=")

    def decode(self, signature: bytes, workspace_id: int, text: str) -> list[Any]:
        """The values of a cursor; `BadCursor` unless it was made by `encode` with the same arguments."""
        raw = _unpack(text)
        if not hmac.compare_digest(raw[:_MAC_BYTES], self._mac(signature, workspace_id, raw[_MAC_BYTES:])):
            raise BadCursor
        values: list[Any] = orjson.loads(raw[_MAC_BYTES:])
        return values

    def _mac(self, signature: bytes, workspace_id: int, payload: bytes) -> bytes:
        mac = hashlib.blake2b(signature, key=self._key, digest_size=_MAC_BYTES, salt=workspace_id.to_bytes(16, "big"))
        mac.update(payload)
        return mac.digest()


def null_pattern(text: str) -> tuple[bool, ...]:
    """Which values of an unverified cursor are null: the shape of the page that it asks for."""
    try:
        values = orjson.loads(_unpack(text)[_MAC_BYTES:])
    except orjson.JSONDecodeError:
        raise BadCursor from None
    if not isinstance(values, list):
        raise BadCursor
    return tuple(value is None for value in values)


def _unpack(text: str) -> bytes:
    if len(text) > _MAX_LENGTH or not text.isascii():
        raise BadCursor
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (Base64Error, ValueError):
        raise BadCursor from None
    # The decoder skips what is not in its alphabet: only the canonical text is a cursor.
    if urlsafe_b64encode(raw).decode().rstrip("=") != text:
        raise BadCursor
    return raw
