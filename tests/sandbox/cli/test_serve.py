import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from sandbox.cli import serve
from sandbox.cli.serve import open_listener
from sandbox.cli.verbs import app
from sandbox.course.connection import probe, start_server

SERVE = [sys.executable, "-m", "sandbox.cli", "serve", "--port", "0"]


def test_the_first_line_names_the_address_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*SERVE, "--data", str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        line = process.stdout.readline() if process.stdout else ""
        assert "http://127.0.0.1:" in line
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def test_ctrl_c_ends_it_while_a_page_holds_a_stream_open(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*SERVE, "--data", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        line = process.stdout.readline() if process.stdout else ""
        port = int(line.split("127.0.0.1:")[1].split()[0].rstrip("/"))
        with socket.create_connection(("127.0.0.1", port), timeout=10) as page:
            page.sendall(b"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert page.recv(100).startswith(b"HTTP/1.1 200")
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=20)
    assert said == ""


def test_a_server_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    command = [*SERVE, "--data", str(tmp_path), "--until-stdin-closes"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin
    assert process.stdout
    process.stdout.readline()
    process.stdin.close()
    process.wait(timeout=20)
    process.stdout.close()


def test_it_ends_so_although_it_was_started_with_ctrl_c_ignored(tmp_path: Path) -> None:
    """As a shell does with what it does not wait for (POSIX 2.11); who started it is gone at once."""
    command = [*SERVE, "--data", str(tmp_path), "--until-stdin-closes"]
    ignoring = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *command]
    done = subprocess.run(ignoring, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    assert b"Traceback" not in done.stderr


def test_a_taken_port_is_said_with_a_way_out(capsys: pytest.CaptureFixture[str]) -> None:
    import typer

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(typer.Exit):
            open_listener(other.getsockname()[1])
        assert "connectathon serve --port" in capsys.readouterr().err
        with pytest.raises(typer.Exit):
            open_listener(other.getsockname()[1], words="worker --metrics")
        assert "connectathon worker --metrics" in capsys.readouterr().err


def test_the_listener_is_on_loopback_and_says_tcp() -> None:
    """Without the protocol asyncio leaves Nagle's delay on, and each reply takes 40 ms."""
    with open_listener(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        assert listener.proto == socket.IPPROTO_TCP


def test_an_unknown_seed_ends_with_the_known_ones(tmp_path: Path) -> None:
    command = [*SERVE, "--data", str(tmp_path), "--seed", "nothing"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert said.returncode == 2
    assert "training" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_sandbox_on_a_real_socket_lives_on_after_bad_input() -> None:
    server = start_server()
    try:
        port = int(server.connection.url.rsplit(":", 1)[1])
        for raw in (
            b"\x00\xff\xfe nonsense\r\n\r\n",
            b"POST /fhir/Patient HTTP/1.1\r\nContent-Length: 5\r\n\r\n{",
        ):
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(raw)
        assert probe(server.connection.url)
    finally:
        server.stop()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "sandbox.example"])
def test_an_address_that_others_reach_is_refused_without_a_token(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CONNECTATHON_TOKEN", raising=False)
    refused = CliRunner().invoke(app, ["serve", "--host", host, "--port", "0"])
    assert refused.exit_code == 2
    assert "CONNECTATHON_TOKEN" in refused.output


def test_ids_in_a_fixed_order_are_refused_where_servers_share_a_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CONNECTATHON_ID_SEED", "a")
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    refused = CliRunner().invoke(app, ["serve", "--port", "0"])
    assert refused.exit_code == 2
    assert "CONNECTATHON_ID_SEED" in refused.output


def test_on_loopback_it_answers_to_loopback_s_names_and_those_that_are_added(
    tmp_path: Path,
) -> None:
    names = ["--base-url", "https://public.example/x", "--allow-host", "laptop.example"]
    with subprocess.Popen(
        [*SERVE, "--data", str(tmp_path), *names], stdout=subprocess.PIPE, text=True
    ) as process:
        line = process.stdout.readline() if process.stdout else ""
        port = int(line.split("127.0.0.1:")[1].split()[0].rstrip("/"))
        statuses = {}
        for host in ("localhost", "public.example", "laptop.example", "rebind.evil.example"):
            headers = {"Host": f"{host}:{port}", "X-Forwarded-Proto": "https"}
            reply = httpx.get(f"http://127.0.0.1:{port}/health", headers=headers)
            statuses[host] = reply.status_code
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert statuses == {
        "localhost": 200,
        "public.example": 200,
        "laptop.example": 200,
        "rebind.evil.example": 421,
    }


def test_a_lesson_opens_at_the_lab_that_the_environment_names() -> None:
    server = start_server(
        {"CONNECTATHON_LAB": "https://mybinder.example/v2/gh/o/r/1?urlpath=lab/tree/{notebook}"}
    )
    try:
        page = httpx.get(f"{server.connection.url}/lessons/03?lang=es").text
    finally:
        server.stop()
    assert "https://mybinder.example/v2/gh/o/r/1?urlpath=lab/tree/notebooks/es/03_mhd.ipynb" in page


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--proxy", "my-proxy"),
        ("--security-contact", "call me"),
        ("--security-contact", "mailto:a\nb"),
        ("--lab", "https://hub.example/"),
        ("--lab", "javascript:alert(1)//{notebook}"),
        ("--lab", "https://a:b@hub.example/{notebook}"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(option: str, value: str) -> None:
    refused = CliRunner().invoke(app, ["serve", "--port", "0", option, value])
    assert refused.exit_code == 2
    assert option in refused.output


@pytest.mark.parametrize(
    "words",
    [
        ["serve", "--port", "0", "--seed", "no-such-seed"],
        ["agent", "--listen", "0", "--server", "http://127.0.0.1:9", "--system", "x"],
    ],
)
def test_what_does_not_start_gives_its_port_back(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    listeners: list[socket.socket] = []

    def opened(port: int, **words: str) -> socket.socket:
        listeners.append(open_listener(port, **words))
        return listeners[0]

    monkeypatch.setattr(serve, "open_listener", opened)
    ended = CliRunner().invoke(app, words)
    assert ended.exit_code == 1
    (listener,) = listeners
    # while the error is known still, and with it all that it went through
    assert ended.exception is not None
    assert listener.fileno() == -1
