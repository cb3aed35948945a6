"""The page of coverage, written from the tables of statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from sandbox.event.systems import actor_title
from sandbox.i18n import ENGLISH, say
from sandbox.testbench.tracks import TRACKS
from tests.coverage.tables import (
    NOT_OURS,
    Guide,
    Profiles,
    Section,
    Statement,
    beyond,
    guides,
    reasons,
)
from tests.places import PROJECT

PAGE = PROJECT / "docs" / "coverage.md"
STANDINGS = ("held", "in part", "by none")
HEAD = """# Coverage

What each guide asks, and which tests of the bench hold it. Written by `python -m tests.coverage` from the tables in
`tests/coverage/guides`; `make check` holds the page to them, and them to the bench.

**How it is counted.** In the text: each sentence, item of a list or cell of a table that says *shall* or *must*, once for each time
that it stands there, whoever it binds. Statements are ours: short, in our own words, one for the sentences that ask the same thing in one
place; *sentences* says for how many of the guide's one stands, 0 where it asks without those words. All sentences of a page are accounted
for, so that the guide's number is the sum of ours. In profiles: one constraint for each minimum above 0, each maximum, each fixed value
or pattern, each required binding, each closed slicing, each invariant that is an error and each demand to contain, in the differential;
the same count over the judge's own definitions stands beside it. Obligations are counted by actor and code.

**What the words mean.** *held*: a test of the bench fails a system that breaks it, or a rule of the judge does (`RCP-14*` is
every letter of RCP-14). *in part*: for what those
tests send and look at; the reason stands beside it. *by none*: no test yet, and why. A guide that is held says nothing of a system: only its
tests do.
"""
LATER = """## Not read, or not begun

PMIR, BALP, IUA, telehealth and mCSD have no track and no table yet. ITI Volume 3 and Appendix Z bind actors of MHD and PDQm as well; their
text is not in the sources above and is not counted. The package of WHO DDCC is on no registry that is read here.
"""


def page() -> str:
    """Returns the page."""
    tables = guides()
    parts = [HEAD, *_overview(tables), *_tracks()]
    for guide in tables:
        parts += _of_guide(guide)
    parts += [*_beyond(), LATER]
    return "\n".join(parts)


def _overview(tables: list[Guide]) -> Iterator[str]:
    yield (
        "| guide | version | its sentences | held | in part | by none | our statements for them "
        "| its constraints | the judge's |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for guide in tables:
        counted = _standings(guide.statements)
        cells = " | ".join(str(counted[standing]) for standing in STANDINGS)
        theirs = sum(sum(profiles.counts.values()) for profiles in guide.profiles)
        judged = sum(_ours(profiles) for profiles in guide.profiles)
        constraints = f"{theirs} | {judged}" if theirs else "not counted | "
        sentences = sum(source.says for source in guide.sources)
        yield (
            f"| [{guide.name}](#{guide.name.lower()}) | {guide.version} | {sentences} | {cells} "
            f"| {len(list(guide.statements))} | {constraints} |"
        )
    yield ""


def _tracks() -> Iterator[str]:
    yield "## Tracks\n"
    yield "| track | what it tests | of whom |"
    yield "|---|---|---|"
    for track in sorted(TRACKS.values(), key=lambda track: track.id):
        whom = actor_title(track.actor, ENGLISH) if track.actor else "whoever speaks FHIR"
        yield f"| `{track.id}` | {say(f'{track.room}.name', ENGLISH)} | {whom} |"
    yield ""


def _of_guide(guide: Guide) -> Iterator[str]:
    yield f"## {guide.name}\n"
    yield f"{guide.title}, {guide.version}. {guide.read}\n"
    yield from _by_actor(guide)
    yield f"| page of {guide.repository} | commit | sentences |"
    yield "|---|---|---|"
    yield from (f"| {each.file} | {each.commit} | {each.says} |" for each in guide.sources)
    yield ""
    for section in guide.sections:
        yield from _of_section(section)
    yield from _obligations(guide.obligations)
    for profiles in guide.profiles:
        yield from _of_profiles(profiles)


def _by_actor(guide: Guide) -> Iterator[str]:
    pairs = dict.fromkeys((each.who, each.option) for each in guide.statements)
    yield "| actor | option | sentences | held | in part | by none | our statements |"
    yield "|---|---|---|---|---|---|---|"
    for who, option in sorted(pairs):
        theirs = [each for each in guide.statements if (each.who, each.option) == (who, option)]
        counted = _standings(theirs)
        cells = " | ".join(str(counted[standing]) for standing in STANDINGS)
        yield f"| {who} | {option} | {sum(counted.values())} | {cells} | {len(theirs)} |"
    yield ""


def _of_section(section: Section) -> Iterator[str]:
    yield f"**{section.source}, {section.at}**\n"
    yield "| | who | what | sentences | held by | why not all of it |"
    yield "|---|---|---|---|---|---|"
    yield from (_row(statement) for statement in section.statements)
    yield ""


def _row(statement: Statement) -> str:
    who = f"{statement.who} ({statement.option})" if statement.option else statement.who
    why = reasons()[statement.why] if statement.why else ""
    return (
        f"| {statement.id} | {who} | {statement.text} | {statement.says} | {_held_by(statement)} "
        f"| {why} |"
    )


def _held_by(statement: Statement | Profiles) -> str:
    rules = statement.rules if isinstance(statement, Statement) else ()
    words = [*statement.held, *(f"`validation.{rule}`" for rule in rules)]
    return ", ".join(words) or "–"


def _obligations(rows: Iterable[Statement]) -> Iterator[str]:
    rows = list(rows)
    if not rows:
        return
    yield "**Obligations**\n"
    yield "| actor | obligation | elements | held by | why not all of it |"
    yield "|---|---|---|---|---|"
    for row in rows:
        why = reasons()[row.why] if row.why else ""
        yield f"| {row.who} | {row.id} | {row.says} | {_held_by(row)} | {why} |"
    yield ""


def _of_profiles(profiles: Profiles) -> Iterator[str]:
    yield f"**Profiles below {profiles.base}**\n"
    if profiles.why:
        total = sum(profiles.counts.values())
        yield f"{len(profiles.counts)} profiles, {total} constraints, by none: {reasons()[profiles.why]}\n"
        return
    yield (
        f"Held by the judge in {_held_by(profiles)}; that both say the same: `{profiles.agreed}`.\n"
    )
    yield "| profile | constraints | the judge's |"
    yield "|---|---|---|"
    for id, count in profiles.counts.items():
        yield f"| {id} | {count} | {profiles.ours(id)} |"
    yield ""


def _beyond() -> Iterator[str]:
    yield "## Tests that other texts ask for\n"
    yield "| text | tests |"
    yield "|---|---|"
    yield from (f"| {asked} | {', '.join(tests)} |" for asked, tests in beyond())
    yield ""


def _standings(statements: Iterable[Statement]) -> Counter[str]:
    """Returns the number of sentences by how they are held."""
    counted: Counter[str] = Counter()
    for statement in statements:
        counted[statement.standing] += statement.says
    return counted


def _ours(profiles: Profiles) -> int:
    found = (profiles.ours(id) for id in profiles.counts)
    return sum(count for count in found if count != NOT_OURS)
