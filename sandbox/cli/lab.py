"""`connectathon lab`: the sandbox server and JupyterLab together, one address to open."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.lablanguage import configuration_of
from sandbox.cli.options import EgressProxy, Pack, leave_by
from sandbox.i18n import ENGLISH, LANGUAGES, Language, as_language
from sandbox.packs import pack_folder
from sandbox.settings import DEFAULT_PORT, data_folder
from sandbox.shipped import SOURCES, is_checkout

HOST = "127.0.0.1"
LAB_PORT = 8888
PATIENCE = 60.0
VARIABLE = "CONNECTATHON_TEAM_TOKEN"  # which a notebook reads
TRIES = 3
CONFIG = Path(__file__).parent / "jupyter"
# Lab shows the sandbox's pages at its own address, as a proxy
PROXIED = {"CONNECTATHON_PROXIES": HOST}
COURSE = "/sandbox/lessons?lang="


def lab(
    port: Annotated[int, typer.Option(help=tell("lab.port"), min=0, max=65535)] = LAB_PORT,
    lesson: Annotated[str, typer.Option(help=tell("lab.lesson"))] = "",
    lang: Annotated[str, typer.Option(help=tell("lab.lang"))] = LANGUAGE,
    root: Annotated[Path | None, typer.Option(help=tell("lab.root"))] = None,
    egress_proxy: EgressProxy = "",
    pack: Pack = None,
) -> None:
    """Runs both until it is interrupted; prints the address when Lab answers."""
    from sandbox.course.connection import NoServer

    leave_by(egress_proxy)
    try:
        url, stop_server = chosen_server(DEFAULT_PORT)
    except NoServer as error:
        print(tell("lab.no_server", reason=error.params["reason"]), file=sys.stderr)
        raise typer.Exit(1) from None
    folder = lessons_root(root)
    token = secrets.token_urlsafe(16)
    # Otherwise a plain `kill` would leave Lab and the server running.
    signal.signal(signal.SIGTERM, _interrupt)
    jupyter = None
    try:
        language = as_language(lang)
        own = {"SANDBOX_URL": url, "JUPYTER_TOKEN": token, **_team_token(), **_config(language)}
        first = first_page(folder, lesson, language)
        jupyter, lab_port = _start_lab(port, own, root=folder, first=first)
        address = f"http://{HOST}:{lab_port}{first}{'&' if '?' in first else '?'}token={token}"
        print(tell("lab.running", address=address, fhir=f"{url}/fhir", log=_log_file()), flush=True)
        jupyter.wait()
    except KeyboardInterrupt:
        print(tell("lab.stopped"))
    finally:
        if jupyter:
            jupyter.terminate()
            jupyter.wait()
        if stop_server:
            stop_server()


def chosen_server(port: int) -> tuple[str, Callable[[], None] | None]:
    """Returns the address of the sandbox for the notebooks, and what stops it where it is ours.

    One that somebody else started may hold other people's data, and end at any moment: it is used
    only where SANDBOX_URL names it, or whoever sits there says so.

    Args:
        port: Where one may be running already.

    Raises:
        NoServer: None could be started.
    """
    from sandbox.course.connection import probe, start_server

    named = os.environ.get("SANDBOX_URL", "").rstrip("/")
    if named and probe(named):
        return named, None
    found = f"http://{HOST}:{port}"
    version = probe(found)
    if version and _is_wanted(found, version):
        return found, None
    server = start_server(PROXIED, port=_free_port(port))
    return server.connection.url, server.stop


def _is_wanted(found: str, version: str) -> bool:
    """Says which sandbox answers already, and asks whether it is to be used; nobody there: no."""
    if sys.stdin is not None and sys.stdin.isatty():
        return typer.confirm(tell("lab.use_found", address=found, version=version))
    print(tell("lab.left_found", address=found, version=version), file=sys.stderr)
    return False


def lessons_root(chosen: Path | None) -> Path:
    """Returns the folder that Lab shows: the checkout, or one into which the lessons are copied.

    Args:
        chosen: The folder that somebody named.  From a wheel or with a pack, without one, it is
            `connectathon-lessons` below the current folder.

    Returns: A folder with `notebooks/LANGUAGE/`.  A lesson that is there already stays as the
        learner left it.
    """
    if chosen is None and is_checkout() and pack_folder() is None:
        return SOURCES
    folder = (chosen or Path("connectathon-lessons")).expanduser().resolve()
    from sandbox.course.sources import lesson_names, notebook_file, source_file

    for language in LANGUAGES:
        for name in lesson_names():
            copy = folder / "notebooks" / language / f"{name}.ipynb"
            # of a pack that somebody handed out there are only the notebooks that were built
            is_there = source_file(name).exists() or notebook_file(name, language).exists()
            if is_there and not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                _write_lesson(copy, name, language)
    return folder


def lesson_in(folder: Path, lesson: str, language: Language) -> str:
    """Returns where a lesson is below the folder that Lab shows, in English if it is not built."""
    files = [f"notebooks/{tag}/{lesson}.ipynb" for tag in (language, ENGLISH)]
    return next((file for file in files if (folder / file).exists()), files[-1])


def first_page(folder: Path, lesson: str, language: Language) -> str:
    """Returns where Lab begins: at a lesson, or where none is named at the course page beside it,
    whose lessons open in Lab.
    """
    return f"/lab/tree/{lesson_in(folder, lesson, language)}" if lesson else COURSE + language


def _write_lesson(copy: Path, name: str, language: Language) -> None:
    """Copies a lesson; one of a language that was added to the project is built."""
    from sandbox.course.building import notebook_text
    from sandbox.course.sources import notebook_file

    lesson = notebook_file(name, language)
    if lesson.exists():
        shutil.copyfile(lesson, copy)
    else:
        copy.write_text(notebook_text(name, language), encoding="utf-8", newline="\n")


def _config(language: Language) -> dict[str, str]:
    """Returns the variable by which Lab finds our settings, those of its language first."""
    spoken = configuration_of(language, data_folder() / "jupyter")
    folders = [str(spoken), str(CONFIG), os.environ.get("JUPYTER_CONFIG_PATH")]
    return {"JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, folders))}


def _team_token() -> dict[str, str]:
    """Returns the variable by which the notebooks work on a sandbox with people: a token for a day
    of the team that CONNECTATHON_TEAM names.  Nothing while nobody is known.
    """
    from sandbox.cli.results import runs_at
    from sandbox.clock import utc_now
    from sandbox.event.people import People
    from sandbox.event.tokens import Tokens

    team = os.environ.get("CONNECTATHON_TEAM", "")
    if not team or VARIABLE in os.environ:
        return {}
    with runs_at(None) as (_, store):
        people = People(store, clock=utc_now)
        tokens = Tokens(store, people, clock=utc_now)
        if team not in {known.name for known in people.teams()}:
            return {}
        return {VARIABLE: tokens.make(team, "lab", scope="write", days=1)[1]}


def _start_lab(
    port: int, own: Mapping[str, str], *, root: Path, first: str
) -> tuple[subprocess.Popen[bytes], int]:
    """Returns Lab and its port; takes another port when somebody was faster on the first.

    Args:
        port: The one that is wished for.
        own: Variables of Lab's process.
        root: The folder that Lab shows.
        first: The page that Lab opens by itself, below its address.
    """
    for _ in range(TRIES):
        lab_port = _free_port(port)
        jupyter = _start_jupyter(lab_port, own, root=root, first=first)
        if _answers(lab_port, jupyter, own["JUPYTER_TOKEN"]):
            return jupyter, lab_port
        jupyter.terminate()
        jupyter.wait()
    tail = _log_file().read_text(encoding="utf-8", errors="replace")[-800:]
    print(tell("lab.no_lab", log=_log_file(), tail=tail), file=sys.stderr)
    raise typer.Exit(1)


def _start_jupyter(
    port: int, own: Mapping[str, str], *, root: Path, first: str
) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "sandbox.cli.labserver", "--no-browser"]
    words += [f"--ServerApp.root_dir={root}"]
    # No retries: if Lab picked a port itself, the address that we print would be wrong.
    words += [f"--ServerApp.ip={HOST}", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    words += [
        f"--LabApp.default_url={first}",
        # Both would contact the network, and an event may have none.
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Jupyter refuses to run as root, the default user in most containers.
        words.append("--allow-root")
    environment = {**os.environ, **own}
    environment.pop("CONNECTATHON_LANG", None)  # the notebook's folder decides
    log = _log_file()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as file:
        return subprocess.Popen(
            words, env=environment, stdout=file, stderr=file, stdin=subprocess.DEVNULL
        )


def _answers(port: int, jupyter: subprocess.Popen[bytes], token: str) -> bool:
    """Waits until our Lab answers to its token; False when it ended or took too long."""
    import httpx

    from sandbox.web.egress import authorities

    deadline = time.monotonic() + PATIENCE
    headers = {"Authorization": f"token {token}"}
    while time.monotonic() < deadline and jupyter.poll() is None:
        try:
            if (
                # No proxy from the environment must get between us and this machine.
                httpx.get(
                    f"http://{HOST}:{port}/api/status",
                    headers=headers,
                    trust_env=False,
                    verify=authorities(),
                ).status_code
                == 200
            ):
                return True
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    return False


def _log_file() -> Path:
    return data_folder() / "lab.log"


def _free_port(wanted: int) -> int:
    """Returns the wanted port when nobody has it, else a free one."""
    for port in (wanted, 0):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((HOST, port))
            except OSError:
                continue
            return int(trial.getsockname()[1])
    raise typer.Exit(1)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
