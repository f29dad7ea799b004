"""Session tokens (JWT) in `Authorization: Bearer` (X1, S4-6): our own, for some minutes, or an identity provider's.

Ours are signed with a key derived from the installation's secret, and each names a session that the database must still
know, so the signature alone lets nobody in. Whose a token is, its algorithm says: HS256 is ours and nobody else's, so a
provider's public key is never taken for a secret; `none` is nobody's.
"""

import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError
from joserfc.jwk import OctKey

from app.access.provider import Provider
from app.errors import Unauthenticated

LIFETIME = 600  # seconds

_OURS = "HS256"
_THEIRS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
# Providers put headers of their own into tokens; what is marked as critical is still refused.
_REGISTRY = jws.JWSRegistry(algorithms=_THEIRS, strict_check_header=False)
_REGISTRY.max_header_length = 4_096
_ISSUER = "leadgraph"
_LEEWAY = 30  # seconds that a provider's clock may be wrong


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says: the session, or the member's e-mail address, perhaps with the slug of his workspace."""

    issued_at: float
    expires_at: float
    session: str | None = None
    email: str | None = None
    workspace: str | None = None


class Tokens:
    """Issues our tokens; verifies ours and those of the identity provider, where there is one."""

    def __init__(self, secret: str, provider: Provider | None = None) -> None:
        self._key = OctKey.import_key(hmac.digest(secret.encode(), b"session tokens", "sha256"))
        self._provider = provider
        self._ours = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": _ISSUER},
            sid={"essential": True},
            iat={"essential": True},
            exp={"essential": True},
        )
        self._theirs = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY,
            iss={"essential": True, "value": provider.issuer if provider else ""},
            aud={"essential": True, "values": [provider.audience if provider else ""]},
            iat={"essential": True},
            exp={"essential": True},
        )

    def issue(self, *, session: str, user: str, workspace: str) -> str:
        """A token of a session for the member and the workspace with these ids."""
        now = int(time.time())
        claims = {"iss": _ISSUER, "sub": user, "wid": workspace, "sid": session, "iat": now, "exp": now + LIFETIME}
        return jwt.encode({"alg": _OURS}, claims, self._key, [_OURS])

    async def verify(self, text: str) -> Claims:
        """What a token says, if it can be believed; `Unauthenticated` as UNKNOWN or EXPIRED."""
        try:
            header = jws.extract_compact(text.encode(), None, _REGISTRY).headers()
            if header.get("alg") == _OURS:
                claims = jwt.decode(text, self._key, [_OURS]).claims
                self._ours.validate(claims)
                return Claims(claims["iat"], claims["exp"], session=str(claims["sid"]))
            return await self._verify_theirs(text, header)
        except ExpiredTokenError:
            raise Unauthenticated("The session token has expired; get a new one.", reason="EXPIRED") from None
        except (InvalidClaimError, MissingClaimError) as error:  # of a token whose signature is right
            raise _unknown(f" {error.description or error.error}") from None
        except (JoseError, ValueError, TypeError, RecursionError):
            raise _unknown() from None

    async def _verify_theirs(self, text: str, header: Mapping[str, Any]) -> Claims:
        if self._provider is None:
            raise _unknown()
        key = await self._provider.key(header.get("kid"))
        if key is None:
            raise _unknown()
        claims = jwt.decode(text, key, registry=_REGISTRY).claims
        self._theirs.validate(claims)
        email, workspace = self._provider.member_of(claims)
        return Claims(claims["iat"], claims["exp"] + _LEEWAY, email=email, workspace=workspace)


def _unknown(why: str = "") -> Unauthenticated:
    return Unauthenticated(f"The session token is not known here.{why}", reason="UNKNOWN")
