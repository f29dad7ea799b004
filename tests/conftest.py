"""What every test can ask for."""

import gc

from app.write import usage

usage.INTERVAL = 3_600.0  # a key's row shall not change between two looks at it

pytest_plugins = [
    "tests.secrecy",  # before whatever has secrets
    "tests.databases",
    "tests.redis_server",
    "tests.serving",
    "tests.demo_world",
    "tests.standing",
    "tests.browsing",
]


def pytest_collection_finish() -> None:
    """Collects garbage less often, and what is imported by now never: an eighth of the CPU of a run otherwise."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
