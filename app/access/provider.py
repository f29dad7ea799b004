"""A customer's identity provider: the public keys that it signs tokens with (JWKS), and what its claims mean here.

Keys are fetched when they are first needed, after an hour, and when a token names one that is not known, at most once a
minute. Only public keys of asymmetric algorithms are taken.
"""

import asyncio
import math
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

from app.errors import Unavailable
from app.logs import log_notice
from app.settings import Settings

PAUSE = 60.0  # seconds between two looks at the keys
FIRST_PAUSE = 5.0  # while there are none
STALE = 3_600.0  # seconds after which keys are looked at again: one may have been withdrawn

_TIMEOUT = 5.0  # seconds
_LONGEST = 262_144  # bytes
_PUBLIC = {"RSA", "EC", "OKP"}


@dataclass
class Provider:
    """`keys` is the address of its JWKS (https://… or http://…), or a file."""

    keys: str
    issuer: str
    audience: str
    email_claim: str = "email"
    workspace_claim: str | None = None
    _known: dict[str | None, Key] = field(default_factory=dict)
    _looked_at: float | None = None
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def key(self, name: object) -> Key | None:
        """The key that a token names, or the only one if it names none; `Unavailable` while there are none at all."""
        if self._should_look(name):
            async with self._looking:
                if self._should_look(name):  # who came before may have found it
                    await self._look()
                    self._looked_at = time.monotonic()
        if not self._known:
            raise Unavailable("The identity provider's keys cannot be had at this moment; try again shortly.")
        return self._find(name)

    def member_of(self, claims: Mapping[str, Any]) -> tuple[str | None, str | None]:
        """The e-mail address of a token, unless the provider says that it is unverified, and the workspace's slug.

        Neither where the claim of the workspace is wanted and missing: the address alone would then do for any.
        """
        email = claims.get(self.email_claim)
        verified = claims.get("email_verified", True)
        if not isinstance(email, str) or verified not in (True, "true"):
            return None, None
        if self.workspace_claim is None:
            return email, None
        workspace = claims.get(self.workspace_claim)
        return (email, workspace) if isinstance(workspace, str) else (None, None)

    def _find(self, name: object) -> Key | None:
        if isinstance(name, str):
            return self._known.get(name)
        return next(iter(self._known.values())) if len(self._known) == 1 else None

    def _should_look(self, name: object) -> bool:
        age = math.inf if self._looked_at is None else time.monotonic() - self._looked_at
        if self._find(name) is not None:
            return age >= STALE
        return age >= (PAUSE if self._known else FIRST_PAUSE)

    async def _look(self) -> None:
        try:
            self._known = dict(_read(await asyncio.to_thread(_fetch, self.keys)))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log_notice("identity provider away", cause=repr(error)[:500])


def open_provider(settings: Settings) -> Provider | None:
    """The provider that the settings name."""
    if settings.provider_keys is None:
        return None
    assert settings.provider_issuer
    assert settings.provider_audience
    return Provider(
        settings.provider_keys,
        settings.provider_issuer,
        settings.provider_audience,
        settings.provider_email_claim,
        settings.provider_workspace_claim,
    )


def _fetch(location: str) -> bytes:
    if not location.startswith(("https://", "http://")):
        return Path(location).read_bytes()
    with urllib.request.urlopen(location, timeout=_TIMEOUT) as answer:
        body: bytes = answer.read(_LONGEST)
    return body


def _read(body: bytes) -> Iterator[tuple[str | None, Key]]:
    """The keys of a JWKS by their names, as far as they are of a kind that is known here."""
    for entry in orjson.loads(body)["keys"]:
        if entry.get("kty") in _PUBLIC and entry.get("use", "sig") == "sig":
            with suppress(JoseError, ValueError):
                yield entry.get("kid"), import_key(entry)
