"""The search for secrets finds what is planted (HARDENING 10, S2-18, S3-11); `secrecy.py` has every test searched."""

import re
import subprocess
import sys
from pathlib import Path
from secrets import token_hex

import pytest
from sqlalchemy import make_url

from app.access.keys import mint, prefix
from tests.secrecy import Leak, Secrets
from tests.serving import Client

LEAKING = """
import logging
import os

from typer import Typer, echo
from typer.testing import CliRunner

from tests.secrecy import SECRETS

KEY = "lgk_live_" + "".join(map(chr, range(65, 91)))
SECRETS.learn(KEY)

def test_that_prints():
    print("key", KEY)

def test_that_writes():
    os.write(2, KEY.encode())

def test_that_logs():
    logging.getLogger("leadgraph").warning(KEY)

def test_that_reads_what_was_printed(capfd):
    print(KEY)
    capfd.readouterr()

def test_that_runs_a_command():
    cli = Typer()
    cli.command()(lambda: echo(f"made {KEY}"))
    CliRunner().invoke(cli, [])

def test_that_leaves_a_file(tmp_path):
    (tmp_path / "server.log").write_text(f"made {KEY}")

def test_that_prints_a_prefix(tmp_path):
    (tmp_path / "secret").write_text(KEY)
    print(KEY[:14])
"""


@pytest.mark.parametrize("before", range(10))
def test_a_secret_is_found_wherever_it_stands(before: int) -> None:
    secrets = Secrets()
    key = mint("custom", "live")
    secrets.learn(key, "hunter2 and 3")
    secrets.search(b"-" * before + prefix(key).encode(), "a prefix")
    secrets.search(b"hunter2", "a part of a short one")
    for leak in (key, key[9:], key[-23:], "hunter2 and 3"):
        for after in (0, 2**20):
            with pytest.raises(Leak, match="an example"):
                secrets.search(bytes(after) + b"-" * before + leak.encode() + b"-", "an example")


async def test_a_secret_in_a_column_is_found(client: Client, tmp_path: Path) -> None:
    """S3-11"""
    key = "lg_live_" + token_hex(16)  # known here alone
    secrets = Secrets()
    secrets.learn(key)
    url = make_url(client.app.settings.database)

    async def search() -> None:
        if url.get_backend_name() == "postgresql":
            await secrets.search_postgresql(url)
        else:
            secrets.search_folder(tmp_path)

    create = "mutation ($name: String!) { createTag(input: { name: $name }) { tag { id } } }"
    await client.ask(create, {"name": prefix(key)})
    await search()
    await client.ask(create, {"name": f"<{key[9:]}>"})
    with pytest.raises(Leak):
        await search()


async def test_a_secret_in_an_answer_is_found(sqlite_client: Client) -> None:
    await sqlite_client.ask(f"{{ {prefix(sqlite_client.keys['tags'])}: ping }}")
    with pytest.raises(Leak, match="the answer of /graphql"):
        await sqlite_client.ask(f"{{ {sqlite_client.keys['tags']}: ping }}")


def test_a_secret_may_be_answered_once() -> None:
    secrets = Secrets()
    key = mint("compact", "live")
    secrets.learn(key)
    answer = f'{{"data":{{"createApiKey":{{"key":"{key}"}}}}}}'.encode()
    secrets.search_answer(answer, "the first")
    with pytest.raises(Leak, match="the second"):
        secrets.search_answer(answer, "the second")
    with pytest.raises(Leak, match="elsewhere"):
        secrets.search_answer(f'{{"message":"{key}"}}'.encode(), "elsewhere")


def test_a_command_prints_a_key_alone_and_once() -> None:
    """S3-10"""
    secrets = Secrets()
    key = mint("leadron", "live")
    secrets.learn(key)
    with pytest.raises(Leak):
        secrets.search_command(f"made {key}\n".encode(), "a sentence")
    secrets.search_command(f"{key}\n".encode(), "the first")
    with pytest.raises(Leak):
        secrets.search_command(f"{key}\n".encode(), "the second")


def test_what_a_demo_tells_of_its_keys_is_searched_for(tmp_path: Path) -> None:
    """HARDENING 10: they were made by another process."""
    key = "lg_live_" + token_hex(16)  # known here alone
    (tmp_path / "demo.json").write_text(f'{{"url": "http://127.0.0.1:65535", "keys": {{"all": "{key}"}}}}')
    secrets = Secrets()
    secrets.search_folder(tmp_path)
    (tmp_path / "demo.db").write_text(key)
    with pytest.raises(Leak, match=r"demo\.db"):
        secrets.search_folder(tmp_path)
    (tmp_path / "demo.db").unlink()


def test_a_test_that_leaks_fails(tmp_path: Path) -> None:
    """HARDENING 10: whatever it is about, whichever way a secret gets out."""
    file = tmp_path / "test_leaking.py"
    file.write_text(LEAKING)
    options = ["-q", "-p", "tests.secrecy", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(tmp_path)]
    command = [sys.executable, "-m", "pytest", *options, str(file)]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    failed = set(re.findall(r"^(?:ERROR|FAILED) \S+::(\w+)", run.stdout, re.MULTILINE))
    assert failed == set(re.findall(r"def (test_\w+)", LEAKING)) - {"test_that_prints_a_prefix"}, run.stdout
