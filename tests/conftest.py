"""What every test can ask for."""

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
