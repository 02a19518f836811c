"""`gradus serve` as people run it: in a process of its own, stopped by a signal."""

from __future__ import annotations

import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from openai import OpenAI

from tests.command import COMMAND

SERVE = (*COMMAND, "serve")


@contextmanager
def serving(*options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str], str]]:
    """The process, the variables it says to set, and what it says about its page and its end."""
    process = subprocess.Popen(
        [*SERVE, "--port", "0", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        lines = [process.stdout.readline() for _ in range(4)]
        variables = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines[:2])
        yield process, variables, "".join(lines[2:])
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def test_what_it_says_is_what_a_client_needs_and_no_key_shows() -> None:
    with serving() as (process, variables, line):
        url = variables["OPENAI_BASE_URL"].removesuffix("/v1")
        assert url.startswith("http://127.0.0.1:")
        assert f"{url}/" in line
        assert "Ctrl-C" in line
        with OpenAI(api_key="sk-secret", base_url=variables["OPENAI_BASE_URL"], max_retries=0) as client:
            query = {"key": "sk-secret"}
            assert client.responses.create(model="sim-small", input="ping", extra_query=query).output_text
            vectors = client.embeddings.create(model="sim-embed", input=["a valve"], extra_query=query)
            assert len(vectors.data[0].embedding) == 384
        shown = urllib.request.urlopen(f"{url}/ledger.json").read().decode()
        assert '"requests": 2' in shown
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
        assert process.returncode == 0
        assert out == ""
        logged = [line.split(" ", 1)[1] for line in err.splitlines()]
        assert logged[0].startswith("POST /v1/responses 200, ")
        assert logged[1].startswith("POST /v1/embeddings 200, ")
        assert len(logged) == 2
        assert "secret" not in out + err + shown
        assert_free(url)


def test_ctrl_c_ends_it_with_a_request_under_way() -> None:
    with serving() as (process, variables, _):
        port = int(variables["OPENAI_BASE_URL"].split(":")[2].removesuffix("/v1"))
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"POST /v1/responses HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{")
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=20)
        assert process.returncode == 130
        assert err == "gradus: interrupted.\n"


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        run = subprocess.run([*SERVE, "--port", str(port)], capture_output=True, text=True, timeout=30)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith(f"gradus: Port {port} is taken")
    assert "--port" in run.stderr
    assert "make serve PORT=" in run.stderr
    assert run.stderr.count("\n") == 1


def test_other_machines_are_a_matter_of_choice() -> None:
    with serving("--host", "0.0.0.0") as (process, variables, _):
        assert variables["OPENAI_BASE_URL"].startswith("http://127.0.0.1:")
        assert variables["OPENAI_API_KEY"] == "anything"
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
        assert err == "gradus: 0.0.0.0 can be reached from other machines; whoever does may use all of it.\n"


def test_the_reader_of_the_log_may_leave() -> None:
    with serving() as (process, variables, _):
        assert process.stderr is not None
        process.stderr.close()
        with OpenAI(api_key="any", base_url=variables["OPENAI_BASE_URL"], max_retries=0) as client:
            for _ in range(2):
                assert client.responses.create(model="sim-small", input="ping").output_text


def assert_free(url: str) -> None:
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", int(url.split(":")[2]))):
        pass
