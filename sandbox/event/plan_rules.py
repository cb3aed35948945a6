"""What the plan of an event must obey to be played: rules over the whole of it, each telling what
is wrong, where, and what would be right.  Pure, save that it knows the bench and the time zones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from zoneinfo import ZoneInfo

from sandbox.definitions.rulesets import years
from sandbox.event.plan import PlannedEvent, PlannedTest, RoleInTest, bench_tests
from sandbox.event.presets import presets
from sandbox.event.tables import fault
from sandbox.findings import Finding
from sandbox.i18n import LANGUAGES
from sandbox.testbench.tracks import TRACKS, actors, inputs_of

EVENT_ID = re.compile(r"[a-z][a-z0-9-]{1,60}")
COUNTRY = re.compile(r"[A-Z]{2}")
TEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,20}")
NOT_SENTENCES = frozenset({"inputs"})
"""Fields that map names to names, and not languages to sentences."""
LONGEST_EVENT = 30  # days
LONGEST_ITEM = 24 * 60  # minutes
YEARS = range(2000, 2101)
"""Other years are slips, and the calendar of Python ends."""
OFTEN_MEANT = ("America/Panama", "America/Sao_Paulo", "America/Bogota", "Asia/Taipei", "UTC")
"""Time zones as examples: there are 600."""


def faults_of(event: PlannedEvent) -> list[Finding]:
    """Returns all that is wrong with the plan of an event, in the order of its file."""
    found = [*_of_event(event), *_of_days(event), *_of_agenda(event), *_of_monitors(event)]
    found += _of_sentences(event, event.languages, "")
    for test in event.tests:
        found += _of_test(event, test)
    return found


def _of_event(event: PlannedEvent) -> Iterator[Finding]:
    if not EVENT_ID.fullmatch(event.id):
        yield fault("plan.bad_id", "id", found=event.id, form=EVENT_ID.pattern)
    if not is_zone(event.zone):
        yield fault("plan.no_zone", "zone", found=event.zone, examples=", ".join(OFTEN_MEANT))
    if event.preset and event.preset not in presets():
        yield _unknown("preset", event.preset, presets())
    if event.retention_days < 1:
        yield fault("plan.too_small", "retention_days", found=event.retention_days, least=1)
    if not event.languages:
        yield fault("plan.missing_key", "languages", name="languages")
    for language in event.languages:
        if language not in LANGUAGES:
            yield _unknown("languages", language, LANGUAGES)
    for year in event.rulesets:
        if year not in map(str, years()):
            yield _unknown("rulesets", year, map(str, years()))
    for link in event.links:
        if not re.match(r"https?://[^\s/]+", link.url):
            yield fault("plan.no_address", "links", found=link.url[:80])
    yield from _twice("tracks", (track.id for track in event.tracks))
    yield from _twice("tests", (test.id for test in event.tests))


def _of_days(event: PlannedEvent) -> Iterator[Finding]:
    if event.first.year not in YEARS:
        yield fault("plan.no_year", "first", found=event.first.year)
    if event.last < event.first:
        yield fault("plan.last_before_first", "last", first=event.first, last=event.last)
    if (event.last - event.first).days >= LONGEST_EVENT:
        yield fault("plan.too_large", "last", found=event.last, most=f"{LONGEST_EVENT} d")


def _of_agenda(event: PlannedEvent) -> Iterator[Finding]:
    tracks = [track.id for track in event.tracks]
    for number, item in enumerate(event.agenda, 1):
        place = f"agenda[{number}]"
        if item.start.tzinfo is not None:
            yield fault("plan.zone_in_agenda", f"{place}.start", zone=event.zone)
        if not event.first <= item.start.date() <= event.last:
            day = item.start.date()
            yield fault(
                "plan.outside", f"{place}.start", found=day, first=event.first, last=event.last
            )
        if item.minutes < 1:
            yield fault("plan.too_small", f"{place}.minutes", found=item.minutes, least=1)
        if item.minutes > LONGEST_ITEM:
            yield fault("plan.too_large", f"{place}.minutes", found=item.minutes, most=LONGEST_ITEM)
        if item.track and item.track not in tracks:
            yield _unknown(f"{place}.track", item.track, tracks)


def _of_monitors(event: PlannedEvent) -> Iterator[Finding]:
    tracks = [track.id for track in event.tracks]
    tests = [test.id for test in event.tests]
    yield from _twice("monitors", (monitor.name for monitor in event.monitors))
    for monitor in event.monitors:
        place = f"monitors[{monitor.name}]"
        for track in monitor.tracks:
            if track not in tracks:
                yield _unknown(f"{place}.tracks", track, tracks)
        for test in monitor.tests:
            if test not in tests:
                yield _unknown(f"{place}.tests", test, tests)
        for country in monitor.countries:
            if not COUNTRY.fullmatch(country):
                yield fault("plan.bad_id", f"{place}.countries", found=country, form="CL")


def _of_test(event: PlannedEvent, test: PlannedTest) -> Iterator[Finding]:
    place = f"tests[{test.id}]"
    tracks = [track.id for track in event.tracks]
    if not TEST_ID.fullmatch(test.id):
        yield fault("plan.bad_id", f"{place}.id", found=test.id, form=TEST_ID.pattern)
    if test.track not in tracks:
        yield _unknown(f"{place}.track", test.track, tracks)
    if not test.roles:
        yield fault("plan.no_roles", f"{place}.roles")
    if test.meetings < 1:
        yield fault("plan.too_small", f"{place}.meetings", found=test.meetings, least=1)
    if test.meetings > 1 and test.partners < 1:
        yield fault("plan.meets_nobody", f"{place}.meetings", found=test.meetings)
    yield from _twice(f"{place}.roles", (role.name for role in test.roles))
    yield from _twice(f"{place}.evidence", (piece.name for piece in test.evidence))
    for role in test.roles:
        yield from _of_role(test, role, f"{place}.roles[{role.name}]")
    if not test.waits:
        yield from _of_proof(test, place)


def _of_role(test: PlannedTest, role: RoleInTest, place: str) -> Iterator[Finding]:
    # what waits may be for an actor that the bench is yet to learn
    if role.actor not in actors() and not test.waits:
        yield _unknown(f"{place}.actor", role.actor, actors())
    wrong = [id for id in role.bench if not is_of_bench(id)]
    for id in wrong:
        yield _unknown(f"{place}.bench", id, _bench_beside(id))
    takes: set[str] = set()
    for track, _ in () if wrong else bench_tests(role):
        takes |= inputs_of(track)
        actor = TRACKS[track].actor
        if actor and actor != role.actor:
            yield fault("plan.other_actor", f"{place}.bench", bench=track, actor=actor)
    names = [other.name for other in test.roles if other.name != role.name]
    for input, name in role.inputs.items():
        if name not in names:
            yield _unknown(f"{place}.inputs.{input}", name, names)
        if not wrong and input not in takes:
            yield _unknown(f"{place}.inputs", input, sorted(takes))


def _of_proof(test: PlannedTest, place: str) -> Iterator[Finding]:
    is_run = any(role.bench for role in test.roles)
    if test.proof != "automatic" and not test.checklist:
        yield fault("plan.no_checklist", f"{place}.checklist", proof=test.proof)
    if test.proof != "monitor" and not is_run:
        yield fault("plan.no_bench", f"{place}.proof", proof=test.proof)


def _of_sentences(value: object, languages: tuple[str, ...], place: str) -> Iterator[Finding]:
    """Yields the sentences that lack a language of the event, or have one that it has not."""
    if isinstance(value, tuple):
        for number, item in enumerate(value, 1):
            name = getattr(item, "id", "") or getattr(item, "name", "") or number
            yield from _of_sentences(item, languages, f"{place}[{name}]")
    elif is_dataclass(value):
        for field in fields(value):
            if field.name not in NOT_SENTENCES:
                inner = f"{place}.{field.name}".lstrip(".")
                is_needed = field.name in ("title", "summary")
                content = getattr(value, field.name)
                if isinstance(content, Mapping):
                    yield from _of_sentence(content, languages, inner, is_needed=is_needed)
                else:
                    yield from _of_sentences(content, languages, inner)
    elif isinstance(value, Mapping):
        yield from _of_sentence(value, languages, place, is_needed=True)


def _of_sentence(
    words: Mapping[str, str], languages: tuple[str, ...], place: str, *, is_needed: bool
) -> Iterator[Finding]:
    if not words and not is_needed:
        return
    for language in languages:
        if not words.get(language, "").strip():
            yield fault("plan.language_missing", place, tag=language)
    for language in words:
        if language not in languages:
            yield _unknown(place, language, languages)


def is_zone(name: str) -> bool:
    """Tells whether there is a time zone of a name, in IANA's list."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return bool(name)


def is_of_bench(id: str) -> bool:
    """Tells whether an id is a track of the bench, or a test of one."""
    track = TRACKS.get(id) or TRACKS.get(id.rpartition(".")[0])
    return track is not None and (track.id == id or id in {test.id for test in track.tests})


def _bench_beside(id: str) -> Iterable[str]:
    """Returns what an unknown id of the bench could have meant: tests of its track, or tracks."""
    track = TRACKS.get(id.rpartition(".")[0])
    return [test.id for test in track.tests] if track else list(TRACKS)


def _twice(place: str, names: Iterable[str]) -> Iterator[Finding]:
    for name, count in Counter(names).items():
        if count > 1:
            yield fault("plan.twice", place, name=name, count=count)


def _unknown(place: str, value: str, known: Iterable[str]) -> Finding:
    return fault("plan.unknown", place, found=value[:80], known=", ".join(known) or "–")
