"""What every test can ask for."""

pytest_plugins = ["tests.databases", "tests.redis_server", "tests.serving", "tests.standing", "tests.browsing"]
