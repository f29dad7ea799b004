"""Code samples of a request, in the five languages of S1-11, with nothing but what comes with each of them.

Each is a whole program that prints the answer. The key comes from the environment, so that no sample holds one.
"""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.docs.literals import JSON, PHP, PYTHON, RUBY, quoted, quoted_for_php, quoted_for_ruby, write

VARIABLE: Final = "LEADGRAPH_API_KEY"
"""The environment variable that holds the key."""


@dataclass(frozen=True)
class Call:
    """A request: its URL is ASCII, percent-encoded; `body` is what is sent as JSON, if anything."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def all_headers(self) -> dict[str, str]:
        """With what the body needs."""
        return {**({} if self.body is None else {"Content-Type": "application/json"}), **self.headers}


@dataclass(frozen=True)
class Language:
    """One of the five."""

    name: str  # for programs
    label: str
    write: Callable[[Call], str]


def curl(call: Call) -> str:
    parts = [f"curl {shlex.quote(call.url)}"]
    if call.method != ("GET" if call.body is None else "POST"):
        parts.append(f"-X {call.method}")
    parts.append(f'-H "Authorization: Bearer ${VARIABLE}"')
    parts += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in call.all_headers.items()]
    if call.body is not None:
        parts.append(f"-d {shlex.quote(write(call.body, JSON))}")
    return " \\\n  ".join(parts)


def ruby(call: Call) -> str:
    lines = [
        *([] if call.body is None else ['require "json"']),
        'require "net/http"',
        "",
        f"uri = URI({quoted_for_ruby(call.url)})",
        f"request = Net::HTTP::{call.method.capitalize()}.new(uri)",
        f'request["Authorization"] = "Bearer #{{ENV.fetch("{VARIABLE}")}}"',
        *(f'request["{name}"] = {quoted_for_ruby(value)}' for name, value in call.all_headers.items()),
        *([] if call.body is None else [f"request.body = JSON.generate({write(call.body, RUBY)})"]),
        "",
        'response = Net::HTTP.start(uri.host, uri.port, use_ssl: uri.scheme == "https") do |http|',
        "  http.request(request)",
        "end",
        "puts response.body",
    ]
    return "\n".join(lines)


def python(call: Call) -> str:
    lines = [
        *([] if call.body is None else ["import json"]),
        "import os",
        "from urllib.request import Request, urlopen",
        "",
        "request = Request(",
        f"    {quoted(call.url)},",
        f'    method="{call.method}",',
        "    headers={",
        f'        "Authorization": f"Bearer {{os.environ[\'{VARIABLE}\']}}",',
        *(f'        "{name}": {quoted(value)},' for name, value in call.all_headers.items()),
        "    },",
        *([] if call.body is None else [f"    data=json.dumps({write(call.body, PYTHON, '    ')}).encode(),"]),
        ")",
        "with urlopen(request) as response:",
        "    print(response.read().decode())",
    ]
    return "\n".join(lines)


def php(call: Call) -> str:
    lines = [
        "<?php",
        "",
        f"$url = {quoted_for_php(call.url)};",
        "$context = stream_context_create(['http' => [",
        f"    'method' => '{call.method}',",
        "    'header' => [",
        f"        'Authorization: Bearer ' . getenv('{VARIABLE}'),",
        *(f"        {quoted_for_php(f'{name}: {value}')}," for name, value in call.all_headers.items()),
        "    ],",
        *([] if call.body is None else [f"    'content' => json_encode({write(call.body, PHP, '    ')}),"]),
        "    'ignore_errors' => true,",
        "]]);",
        "echo file_get_contents($url, false, $context), PHP_EOL;",
    ]
    return "\n".join(lines)


def go(call: Call) -> str:
    body = "nil" if call.body is None else "body"
    imports = ["fmt", "io", "log", "net/http", "os", *([] if call.body is None else ["strings"])]
    lines = [
        "package main",
        "",
        "import (",
        *(f'\t"{each}"' for each in imports),
        ")",
        "",
        "func main() {",
        *([] if call.body is None else [f"\tbody := strings.NewReader({_raw(write(call.body, JSON))})"]),
        f'\trequest, err := http.NewRequest("{call.method}", {quoted(call.url)}, {body})',
        *_GO_CHECK,
        f'\trequest.Header.Set("Authorization", "Bearer "+os.Getenv("{VARIABLE}"))',
        *(f'\trequest.Header.Set("{name}", {quoted(value)})' for name, value in call.all_headers.items()),
        "\tresponse, err := http.DefaultClient.Do(request)",
        *_GO_CHECK,
        "\tdefer response.Body.Close()",
        "\tanswer, err := io.ReadAll(response.Body)",
        *_GO_CHECK,
        "\tfmt.Println(string(answer))",
        "}",
    ]
    return "\n".join(lines)


_GO_CHECK: Final = ("\tif err != nil {", "\t\tlog.Fatal(err)", "\t}")


def _raw(text: str) -> str:
    """A Go string over several lines; within quotes where it cannot be one."""
    return quoted(text) if "`" in text else f"`{text}`"


LANGUAGES: Final = (
    Language("curl", "curl", curl),
    Language("ruby", "Ruby", ruby),
    Language("python", "Python", python),
    Language("php", "PHP", php),
    Language("go", "Go", go),
)
"""In the order of S1-11."""
