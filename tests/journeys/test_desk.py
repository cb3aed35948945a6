"""A course of twelve teams: asked for, handed in by notebook, page and zip, graded, marked by hand, given back, and
its gradebook read by pandas.  Screens in out/screens/desk.
"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.clock import utc_now
from sandbox.course.building import notebook_text
from sandbox.course.grading.report import COLUMNS
from tests.conftest import CLIENTS
from tests.journeys.accessible import faults_of
from tests.journeys.test_event import COMMAND, browser, served
from tests.places import PROJECT

SCREENS = PROJECT / "out" / "screens" / "desk"
LESSON = "00_welcome"
MOST = 3
PENALTY = 0.1  # of the points that were reached, for one day late
HAND_IN = {
    "cell_type": "code", "execution_count": None, "id": "mine", "metadata": {}, "outputs": [],
    "source": "L.hand_in()",
}  # fmt: skip
# what stands in the cell of an exercise in the place of its solution
SLIPS = {
    "ex-0-1": "version = 'R4'\nL.check('0.1', version)",
    "ex-0-2": "how_many = 3\nL.check('0.2', how_many)",
    "ex-0-3": "track = '2b'\nL.check('0.3', track)",
}
TIMES = 600  # seconds that twelve gradings may take on a machine with other work
pytestmark = [
    pytest.mark.daily("long journeys", share=1 / 6, each="module"),
    pytest.mark.slow,
    pytest.mark.needs("browser"),
    pytest.mark.needs("bubblewrap"),
    pytest.mark.xdist_group("browser"),
]
__all__ = ["browser"]


@dataclass(frozen=True)
class Team:
    """A team with what it errs in, and the door by which it hands in."""

    name: str
    language: str
    slips: tuple[str, ...]
    door: str

    @property
    def points(self) -> int:
        return MOST - len(self.slips)

    def notebook(self, *, more: tuple[dict[str, Any], ...] = ()) -> str:
        notebook = json.loads(notebook_text(LESSON, self.language, solutions=True))
        for cell in notebook["cells"]:
            if cell["id"] in self.slips:
                cell["source"] = SLIPS[cell["id"]]
        notebook["cells"] += more
        return json.dumps(notebook)


TEAMS = (
    Team("Argentina", "es", (), "notebook"),
    Team("Bolivia", "es", ("ex-0-1",), "notebook"),
    Team("Brasil", "pt", (), "notebook"),
    Team("Chile", "es", ("ex-0-1", "ex-0-3"), "notebook"),
    Team("Colombia", "es", (), "page"),
    Team("Ecuador", "es", ("ex-0-2",), "page"),
    Team("Guatemala", "es", (), "page"),
    Team("Jamaica", "en", ("ex-0-1", "ex-0-2", "ex-0-3"), "page"),
    Team("México", "es", (), "zip"),
    Team("Paraguay", "es", ("ex-0-3",), "zip"),
    Team("Perú", "es", (), "zip"),
    Team("Uruguay", "es", ("ex-0-2", "ex-0-3"), "zip"),
)


@dataclass(frozen=True)
class Course:
    """The event's server, and who sits there."""

    server: str
    data: Path
    sessions: dict[str, str]
    links: dict[str, str]

    def ask(self, method: str, path: str, who: str = "Inés", **given: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.sessions[who]}"} if who else {}
        reply = httpx.request(
            method, f"{self.server}{path}", headers=headers, timeout=60, trust_env=False, **given
        )
        assert reply.status_code < 400, reply.text
        return reply.json()

    def command(self, *words: str) -> str:
        command = [*COMMAND, "course", *words, "--data", str(self.data)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMES, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def a_course(server: str, data: Path) -> Course:
    """Adds the facilitator, who is let in by a request, and a person of each team, who comes in a browser."""
    course = Course(server, data, {}, {})
    added = course.ask("POST", "/api/people", "", json={"name": "Inés", "role": "facilitator"})
    code = added["enter"].removeprefix("/enter/")
    course.sessions["Inés"] = course.ask("POST", "/api/enter", "", json={"code": code})["session"]
    for team in TEAMS:
        person = {"name": f"Ana de {team.name}", "role": "participant", "team": team.name}
        course.links[team.name] = server + course.ask("POST", "/api/people", json=person)["enter"]
    return course


def by_notebook(course: Course, team: Team, folder: Path) -> str:
    """Runs the notebook in a kernel of its own, as Jupyter would; its last cell hands it in."""
    folder.mkdir(parents=True)
    file = folder / f"{LESSON}.ipynb"
    file.write_text(team.notebook(more=(HAND_IN,)), encoding="utf-8")
    body = {"name": "notebook", "scope": "write"}
    token = course.ask("POST", f"/api/teams/{team.name}/tokens", json=body)["secret"]
    own = {"SANDBOX_URL": course.server, "CONNECTATHON_TEAM_TOKEN": token}
    own |= {"CONNECTATHON_DATA": str(folder / "data"), "CONNECTATHON_WIDGETS": "off"}
    execute = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace"]
    done = subprocess.run(
        [*execute, file.name], cwd=folder, env={**os.environ, **own},
        capture_output=True, text=True, timeout=TIMES, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    outputs = json.loads(file.read_text(encoding="utf-8"))["cells"][-1]["outputs"]
    return json.dumps(outputs, ensure_ascii=False)


def by_page(course: Course, team: Team, page: Any, folder: Path) -> None:
    folder.mkdir(parents=True)
    file = folder / f"{LESSON}.ipynb"
    file.write_text(team.notebook(), encoding="utf-8")
    page.goto(f"{course.server}/desk")
    page.locator("input[type=file]").set_input_files(str(file))
    page.locator("section[aria-labelledby=hand-in] button").click()
    page.wait_for_url("**/desk/hand-ins/*")


def by_zip(course: Course, teams: list[Team], file: Path) -> str:
    with zipfile.ZipFile(file, "w") as archive:
        for team in teams:
            archive.writestr(f"course/{team.name}/{LESSON}.ipynb", team.notebook())
            archive.writestr(f"__MACOSX/course/{team.name}/._{LESSON}.ipynb", b"\0\5")
    return course.command("collect", str(file))


def let_in(browser: Any, course: Course, team: Team) -> Any:
    context = browser.new_context(
        locale={"es": "es-CL", "pt": "pt-BR"}.get(team.language, "en-JM"),
        viewport={"width": 1100, "height": 900},
    )
    page = context.new_page()
    page.goto(course.links[team.name])
    page.locator("main button").first.click()
    page.wait_for_load_state()
    return page


def facilitator(browser: Any, course: Course) -> Any:
    command = [*COMMAND, "people", "link", "Inés", "--data", str(course.data)]
    said = subprocess.run(
        [*command, "--server", course.server],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    context = browser.new_context(locale="es-CL", viewport={"width": 1200, "height": 900})
    page = context.new_page()
    page.goto(said.stdout.split()[-1])
    page.get_by_role("button", name="Entrar").click()
    page.wait_for_load_state()
    return page


def seen(page: Any, name: str) -> None:
    assert faults_of(page) == [], name
    page.screenshot(path=str(SCREENS / f"{name}.png"), full_page=True)


def waited(course: Course, is_done: Callable[[list[Any]], bool]) -> list[Any]:
    end = time.monotonic() + TIMES
    while time.monotonic() < end:
        known: list[Any] = course.ask("GET", "/api/gradings")
        if is_done(known):
            return known
        time.sleep(0.5)
    raise AssertionError([(row["team"], row["state"]) for row in known])


def asked_for(course: Course, page: Any) -> None:
    """Asks for the lesson by a form: due two hours ago, a tenth for each day late."""
    due = f"{utc_now() - timedelta(hours=2):%Y-%m-%dT%H:%M}"
    page.goto(f"{course.server}/desk")
    form = page.locator("section[aria-labelledby=new]")
    form.locator("select[name=lesson]").select_option(LESSON)
    form.locator("input[name=due]").fill(due)
    form.locator("select[name=late]").select_option("percent")
    form.locator("input[name=percent]").fill("10")
    form.get_by_role("button").click()
    page.wait_for_url(f"**/desk/{LESSON}*")


def handed_in(course: Course, browser: Any, folder: Path) -> dict[str, Any]:
    """Lets all twelve hand in, each by their door; returns the pages of those who did it by page."""
    doors = {
        door: [team for team in TEAMS if team.door == door] for door in ("notebook", "page", "zip")
    }
    with ThreadPoolExecutor(2) as pool:
        waits = [
            pool.submit(by_notebook, course, team, folder / team.name / team.language)
            for team in doors["notebook"]
        ]
        pages = {}
        for team in doors["page"]:
            pages[team.name] = let_in(browser, course, team)
            by_page(course, team, pages[team.name], folder / team.name)
        said = by_zip(course, doors["zip"], folder / "course.zip")
        assert said.count(f"/{LESSON}.ipynb") == 4
        for team, wait in zip(doors["notebook"], waits, strict=True):
            word = {"es": "Entregado", "pt": "Entregue"}[team.language]
            assert word in wait.result(), team.name
    return pages


def test_a_course_of_twelve_teams_from_assignment_to_gradebook(
    tmp_path: Path, browser: Any
) -> None:
    from playwright.sync_api import expect

    SCREENS.mkdir(parents=True, exist_ok=True)
    with served(tmp_path / "event", "--graders", "2") as server:
        course = a_course(server, tmp_path / "event")
        desk = facilitator(browser, course)
        asked_for(course, desk)
        pages = handed_in(course, browser, tmp_path)
        # what came by command is graded by command; the server grades what came to it
        course.command("grade", "--workers", "2")
        known = waited(course, lambda rows: all(row["state"] == "graded" for row in rows))
        assert len(known) == len(TEAMS)
        assert {row["isolation"] for row in known} == {"bubblewrap"}
        reached = {row["team"]: row["score"] for row in known}
        assert reached == {team.name: pytest.approx(team.points * 0.9) for team in TEAMS}

        # a participant learns nothing before it is released
        mine = pages["Ecuador"]
        mine.reload()
        assert mine.get_by_text("0.2").count() == 0

        # the facilitator gives half a point for an answer, and says why
        id = next(row["id"] for row in known if row["team"] == "Ecuador")
        desk.goto(f"{server}/desk/hand-ins/{id}")
        seen(desk, "1-hand-in-of-facilitator")
        section = desk.locator("section[aria-labelledby=e0-2]")
        section.locator("summary").click()
        section.locator("input[name=points]").fill("0,5")
        section.locator("input[name=comment]").fill("Contaste bien una página: mira total.")
        section.get_by_role("button").click()
        expect(desk.locator("section[aria-labelledby=e0-2] blockquote")).to_contain_text(
            "una página"
        )

        # where people fail, over all twelve, and it is given back
        desk.goto(f"{server}/desk/{LESSON}")
        expect(desk.locator("section[aria-labelledby=map] tbody tr")).to_have_count(12)
        hard = desk.locator("section[aria-labelledby=hard] tbody tr")
        expect(hard.nth(0)).to_contain_text('"R4" × 3')
        expect(hard.nth(1)).to_contain_text("3 × 3")
        seen(desk, "2-assignment")
        desk.get_by_role("button", name="Publicar").click()
        expect(desk.get_by_role("button", name="Publicar")).to_have_count(0)

        looks_back(course, browser, pages, id)
        desk.goto(f"{server}/desk")
        seen(desk, "5-desk")
        with desk.expect_download() as download:
            desk.locator("a[href*='gradebook.csv']").click()
        book = tmp_path / "gradebook.csv"
        download.value.save_as(book)
        right = {team.name: round(team.points * 0.9, 2) for team in TEAMS}
        right["Ecuador"] = 2.25  # two of the checks and a half by hand, a tenth less
        is_right_book(book, right)
        is_right_for_pandas(book, right)


def looks_back(course: Course, browser: Any, pages: dict[str, Any], id: str) -> None:
    """Two teams look at what they got back, each in its language."""
    from playwright.sync_api import expect

    mine = pages["Ecuador"]
    mine.goto(f"{course.server}/desk/hand-ins/{id}")
    expect(mine.locator("blockquote")).to_contain_text("mira total")
    expect(mine.locator("section[aria-labelledby=e0-2] details")).to_have_count(0)
    seen(mine, "3-feedback-es")
    with mine.expect_download() as download:
        mine.locator("a[href*='/notebook']").click()
    noted = download.value.path().read_text(encoding="utf-8")
    assert "Contaste bien una página" in noted
    assert "Todavía no" in noted

    theirs = let_in(browser, course, next(team for team in TEAMS if team.name == "Brasil"))
    theirs.goto(f"{course.server}/desk")
    # nobody else's stands there
    expect(theirs.locator("section[aria-labelledby=book] tbody tr")).to_have_count(1)
    theirs.locator("section[aria-labelledby=book] tbody td a").click()
    seen(theirs, "4-feedback-pt")
    with theirs.expect_download() as download:
        theirs.locator("a[href*='/notebook']").click()
    assert "Certo" in download.value.path().read_text(encoding="utf-8")


def is_right_book(file: Path, right: dict[str, float]) -> None:
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    assert tuple(rows[0]) == COLUMNS
    assert {row["student_id"]: float(row["score"]) for row in rows} == right
    for row in rows:
        assert float(row["raw_score"]) * PENALTY == pytest.approx(
            float(row["late_submission_penalty"]), abs=0.005
        )


def is_right_for_pandas(file: Path, right: dict[str, float]) -> None:
    """Pandas reads what we read; told where it is absent, in an environment of its own."""
    python = CLIENTS / "pandas" / "bin" / "python"
    if not python.exists():
        assert "clients" not in os.environ.get("CONNECTATHON_REQUIRE", ""), "make clients"
        return
    script = PROJECT / "tests" / "clients" / "with_pandas.py"
    said = subprocess.run(
        [python, script, file], capture_output=True, text=True, timeout=120, check=True
    )
    assert json.loads(said.stdout) == {
        "columns": True,
        "rows": len(right),
        "late": len(right),
        "adds up": True,
        "scores": right,
        "mean": round(sum(right.values()) / len(right), 3),
        "empty": ["email", "first_name", "last_name"],
    }
