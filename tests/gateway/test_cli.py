"""The command line: exit codes, output for people and for programs, and a process that starts, drains and ends."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx
import orjson
import pytest
from typer.testing import CliRunner

from adapters.registry import discover
from gateway import demo
from gateway.cli import app
from gateway.cli.serve import welcome

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test in an empty folder, without a configuration of the person who runs it."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("CROSSWALK"):
            monkeypatch.delenv(name)


def test_config_check() -> None:
    done = RUNNER.invoke(app, ["config", "check", "--json"])
    assert (done.exit_code, orjson.loads(done.stdout)) == (0, {"ok": True, "targets": ["local"], "auth": "none", "keys": 0})
    assert "right" in RUNNER.invoke(app, ["config", "check"]).stdout


@pytest.mark.parametrize("command", [["config", "check"], ["config", "show"], ["serve"]])
def test_wrong_configuration_ends_with_2(command: list[str]) -> None:
    Path("crosswalk.toml").write_text("[routes]\nnowhere = 'gone'\n[server]\nprot = 1\n")
    done = RUNNER.invoke(app, command)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "server.prot: there is no such setting" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_configuration_for_programs() -> None:
    done = RUNNER.invoke(app, ["config", "check", "--json", "--config", "gone.toml"])
    assert done.exit_code == 2
    assert orjson.loads(done.stdout) == {
        "ok": False,
        "source": "gone.toml",
        "problems": [{"key": "", "message": "cannot be read: No such file or directory"}],
    }


def test_config_show_masks_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_KEY", "hush-hush")
    digest = "a" * 64
    Path("crosswalk.toml").write_text(
        f"[models.m]\nbase_url = 'http://m.test'\napi_key = 'env:MODEL_KEY'\n[[auth.keys]]\nname = 'ci'\nsha256 = '{digest}'\nrole = 'viewer'\n"
    )
    text = RUNNER.invoke(app, ["config", "show"])
    json = RUNNER.invoke(app, ["config", "show", "--json"])
    assert text.exit_code == json.exit_code == 0
    assert 'auth.keys[0].name = "ci"' in text.stdout
    assert 'models.m.api_key = "**********"' in text.stdout
    assert orjson.loads(json.stdout)["models"]["m"]["base_url"] == "http://m.test"
    for output in (text.output, json.output):
        assert "hush" not in output
        assert digest not in output


def test_serving_everybody_without_keys_is_refused() -> None:
    done = RUNNER.invoke(app, ["serve", "--host", "0.0.0.0"])
    assert done.exit_code == 2
    assert "server.host" in done.stderr


def test_the_welcome_names_three_things_to_try() -> None:
    assert re.findall(r"^  (\d)\. ", welcome("http://h:1"), re.MULTILINE) == ["1", "2", "3"]


SLOW_SERVER = """
import asyncio
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from gateway import logs
from gateway.app import create_app
from gateway.server import run
from gateway.settings import Server, Settings

async def slow(request):
    print("begun", flush=True)
    await asyncio.sleep(0.5)
    return PlainTextResponse("finished")

settings = Settings(server=Server(port=0))
logs.configure("info")
assert run(create_app(settings, routes=[Route("/slow", slow)]), settings, announce=lambda url: print(url, flush=True))
"""


@contextmanager
def running(tmp_path: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process in an empty folder, gone at the end whatever happens."""
    command = [sys.executable, "-W", "error", *arguments]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def url_in(output: IO[bytes] | None) -> str:
    """The first URL of the output, for which this waits."""
    assert output is not None
    for line in output:
        if found := re.search(rb"http://127\.0\.0\.1:\d+", line):
            return found[0].decode()
    raise AssertionError("the gateway ended before it was ready")


def test_serve_announces_itself_and_ends_well(tmp_path: Path) -> None:
    with running(tmp_path, "-m", "gateway.cli", "serve", "--port", "0") as process:
        url = url_in(process.stderr)
        assert httpx.get(f"{url}/readyz").json() == {"status": "ready"}
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "/readyz" in {orjson.loads(line).get("path") for line in output.splitlines()}


def test_a_request_in_progress_is_finished_first(tmp_path: Path) -> None:
    with running(tmp_path, "-c", SLOW_SERVER) as process, ThreadPoolExecutor() as pool:
        url = url_in(process.stdout)
        answer = pool.submit(httpx.get, f"{url}/slow")
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(signal.SIGTERM)
        assert answer.result(timeout=10).text == "finished"
        assert process.wait(timeout=10) == 0


def test_what_the_dialects_and_scorers_refuse_is_found_before_a_start() -> None:
    Path("crosswalk.toml").write_text("[surfaces.phoenix]\nversoin = '1'\n[evaluators.a]\nscorer = 'icontain'\n")
    done = RUNNER.invoke(app, ["config", "check"])
    assert done.exit_code == 2
    assert "surfaces.phoenix.versoin: there is no such setting" in done.stderr
    assert "evaluators.a.scorer: no such scorer: 'icontain' (did you mean 'icontains'?)" in done.stderr


def test_a_file_that_is_no_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "crosswalk.db").write_bytes(b"anything else" * 1000)
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "serve", "--port", "0"], cwd=tmp_path, capture_output=True, timeout=20, check=False
    )
    assert done.returncode == 1
    assert b"store.url: sqlite:///crosswalk.db cannot be opened: file is not a database" in done.stderr


def test_the_demo_without_a_key_says_how_to_name_one() -> None:
    refused = httpx.MockTransport(lambda request: httpx.Response(401, text="no"))
    client = httpx.AsyncClient(transport=refused, base_url="http://x")
    adapters = {name: adapter for name, adapter in discover().items() if adapter.demo}
    with pytest.raises(demo.DemoFailed, match="--key"):
        asyncio.run(demo.run(client, adapters, "", lambda *_: None))


def test_a_taken_port_ends_with_1(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [sys.executable, "-m", "gateway.cli", "serve", "--port", str(taken.getsockname()[1])]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=20, check=False)
    assert done.returncode == 1
    assert b"did not start" in done.stderr
    assert b"address already in use" in done.stdout
