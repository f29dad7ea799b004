"""What the documented products promise (S1 to S5) and what this server does where they differ (X), and where each is
tested: `scripts/check-contract` lists it.

The statements stand in `data/contract.txt`, one a line. A test covers what its file names (`S1-27`, `S1-27…49`, `X5`).
"""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parent
STATEMENTS = FOLDER / "data" / "contract.txt"

UNTESTED: Mapping[str, str] = {
    "S1-54": "advice to people, whom nothing keeps from it (S1-53)",
    "S4-7": "there is no gateway with anything behind it: one process answers, and its own border is tested",
    "S5-11": "advice to people; what it is for is S5-12",
}
"""What no test can show, and why."""

_NAMED = re.compile(r"\b(S\d-|X)(\d+)(?:(?:…|\.\.)(\d+))?")


def statements() -> dict[str, str]:
    """The text of each statement by its id."""
    return dict(line.split(" ", 1) for line in STATEMENTS.read_text().splitlines())


def named_in(text: str) -> set[str]:
    """The statements that a text names."""
    return {
        f"{group}{number}"
        for group, first, last in _NAMED.findall(text)
        for number in range(int(first), int(last or first) + 1)
    }


def covered() -> dict[str, list[str]]:
    """The files of tests that name each statement."""
    found: dict[str, list[str]] = {}
    files = [*FOLDER.glob("test_*.py"), *(FOLDER / "clients").glob("*.py")]
    for path in sorted(path for path in files if path.name != "test_contract.py"):
        for name in named_in(path.read_text()):
            found.setdefault(name, []).append(str(path.relative_to(FOLDER)))
    return found


if __name__ == "__main__":
    files = covered()
    for name, text in statements().items():
        told = ", ".join(files.get(name, ())) or f"not tested: {UNTESTED.get(name, 'MISSING')}"
        sys.stdout.write(f"{name}  {text}\n    {told}\n")
