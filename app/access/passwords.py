"""Members' passwords: argon2id hashes (OWASP's parameters), made and checked away from the event loop, one at a time.

A flood of sign-ins takes one core and no more memory than one hash; who comes when too many wait is told to come again.
"""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from app.errors import BadUserInput, Unavailable
from app.store.reading import T

SHORTEST, LONGEST = 8, 200
MOST_WAITING = 20

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Of random bytes that nobody knows.
_NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$9yskdY+fp3qseePbHwAI6w$wkVDa7LXrCc+LvJRN03x+IrESH31N+BgEx8yvr0aixU"


def hash_password(password: str) -> str:
    """What is stored of a new password; `BadUserInput` unless it has 8 to 200 characters."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadUserInput(f"A password has {SHORTEST} to {LONGEST} characters.")
    return _HASHER.hash(_normal(password))


class Passwords:
    """Checks passwords."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "passwords")
        self._waiting = 0

    async def is_right(self, password: str, stored: str | None) -> bool:
        """Whether a password is the one that a hash was made of. Where there is no hash, No takes as long.

        `Unavailable` when too many wait.
        """
        if len(password) > LONGEST:
            return False
        return await self._run(_verify, stored or _NOBODYS, password) and stored is not None

    def close(self) -> None:
        """Ends the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _run(self, function: Callable[..., T], *arguments: Any) -> T:
        if self._waiting >= MOST_WAITING:
            raise Unavailable("Too many people are signing in at this moment; try again.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)
        finally:
            self._waiting -= 1


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, _normal(password))
    except VerificationError:
        return False


def _normal(password: str) -> bytes:
    """The same bytes whatever keyboard a password was typed on (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")
