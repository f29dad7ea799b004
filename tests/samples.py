"""Runs many code samples in one process of their language: each prints its answer into a file of its own."""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.docs.samples import VARIABLE


@dataclass(frozen=True)
class Runner:
    """How the samples `NNN.suffix` in a folder are run: by a command, and what stands in a file for it."""

    command: tuple[str, ...]
    suffix: str
    file: str
    run: str

    @property
    def missing(self) -> bool:
        return shutil.which(self.command[0]) is None


_BASH = """for sample in *.sh; do . ./$sample >${sample%.sh}.out; done
"""
_RUBY = """Dir["*.rb"].sort.each do |sample|
  File.open(sample.sub("rb", "out"), "w") do |out|
    $stdout = out
    load(File.expand_path(sample))
  end
end
"""
_PYTHON = """import contextlib, pathlib, runpy
for sample in sorted(pathlib.Path().glob("[0-9]*.py")):
    with sample.with_suffix(".out").open("w") as out, contextlib.redirect_stdout(out):
        runpy.run_path(str(sample))
"""
_PHP = """<?php
foreach (glob("*.php") as $sample) {
    ob_start();
    include $sample;
    file_put_contents(str_replace("php", "out", $sample), ob_get_clean());
}
"""

RUNNERS: Mapping[str, Runner] = {
    "curl": Runner(("bash", "-e", "run"), "sh", "run", _BASH),
    "ruby": Runner(("ruby", "run"), "rb", "run", _RUBY),
    "python": Runner((sys.executable, "run"), "py", "run", _PYTHON),
    "php": Runner(("php", "run"), "php", "run", _PHP),
    "go": Runner(("go", "run", "."), "go", "go.mod", "module samples\n"),
}


async def run(language: str, samples: Sequence[str], key: str, folder: Path) -> list[str]:
    """What each of the samples prints, run in this order with this key."""
    runner = RUNNERS[language]
    for number, sample in enumerate(samples):
        code = sample.replace("func main()", f"func sample{number:03}()") if language == "go" else sample
        (folder / f"{number:03}.{runner.suffix}").write_text(code + "\n")
    (folder / runner.file).write_text(runner.run)
    if language == "go":
        (folder / "main.go").write_text(_go(len(samples)))
    process = await asyncio.create_subprocess_exec(
        *runner.command, cwd=folder, env=os.environ | {VARIABLE: key}, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()
    return [_taken(folder / f"{number:03}.out") for number in range(len(samples))]


def _taken(path: Path) -> str:
    """What a file holds, which is removed: a key may stand in it."""
    text = path.read_text()
    path.unlink()
    return text


def _go(count: int) -> str:
    """A program of all samples, whose functions `main` have been given names of their own."""
    runs = "".join(f'\tos.Stdout, _ = os.Create("{each:03}.out")\n\tsample{each:03}()\n' for each in range(count))
    return f'package main\n\nimport "os"\n\nfunc main() {{\n{runs}}}\n'
