"""The table of the alterations: how many of each kind some test sees, and those that none does.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sandbox.twins.altering import Fault
from tests.fidelity.alterations import ANSWERS, TYPES, is_critical, is_without_meaning
from tests.fidelity.measuring import Measured

TITLE = "What no test sees"
LEAST = 0.95
Row = tuple[str, str, Fault, str]


def rows_of(all_measured: Sequence[Measured]) -> list[Row]:
    """Returns each alteration of something that was said: server, patient, fault, the test that
    sees it.
    """
    return [
        (measured.server, patient, fault, number)
        for measured in all_measured
        for patient, seen in measured.seen.items()
        for fault, number in seen.items()
        if not is_without_meaning(fault)
    ]


def shortfalls(all_measured: Sequence[Measured]) -> list[str]:
    """Returns what is less than is asked for."""
    rows = rows_of(all_measured)
    short = [
        f"{server}, patient {patient}: {fault} is seen by no test"
        for server, patient, fault, number in rows
        if not number and is_critical(fault)
    ]
    seen = sum(bool(number) for *_, number in rows)
    if seen < LEAST * len(rows):
        short.append(f"{seen} of {len(rows)} are seen, less than {LEAST:.0%}")
    for measured in all_measured:
        short += [f"{measured.server}, through the proxy: {line}" for line in measured.added]
    return short


def gaps(all_measured: Sequence[Measured]) -> list[str]:
    """Returns the lines of what no test sees, with the servers."""
    where: dict[Fault, set[str]] = {}
    for server, _, fault, number in rows_of(all_measured):
        if not number:
            where.setdefault(fault, set()).add(server)
    return sorted(f"- `{fault}` ({', '.join(sorted(names))})" for fault, names in where.items())


def written(all_measured: Sequence[Measured]) -> str:
    """Returns what stands below the head of the table."""
    lines = [
        "A right server's answers, one thing altered at a time: an element removed, with another valid value, doubled,",
        "reordered, or with another patient's.  Where an order has no meaning (ElementDefinition.orderMeaning is absent),",
        "another one alters nothing that was said, and is left out of the count.",
        "",
        *_counts(all_measured),
        "",
        "## Through a proxy that alters nothing",
        "",
        *(
            f"- {measured.server}: {measured.compared} tests, {len(measured.added)} say something else"
            for measured in all_measured
        ),
        "",
        "## Gaps",
        "",
        *gaps(all_measured),
    ]
    return "\n".join(lines)


def _counts(all_measured: Sequence[Measured]) -> Iterator[str]:
    names = [measured.server for measured in all_measured]
    yield f"| type | {' | '.join(f'{name}: altered | seen' for name in names)} |"
    yield f"|---|{'---|---|' * len(names)}"
    rows = rows_of(all_measured)
    for type in (*TYPES, *ANSWERS):
        yield _line(type, names, [row for row in rows if row[2].type == type])
    yield _line("**all**", names, rows)
    yield _line("**nobody may fail to see**", names, [row for row in rows if is_critical(row[2])])
    orders = sum(
        is_without_meaning(fault)
        for measured in all_measured
        for seen in measured.seen.values()
        for fault in seen
    )
    patients = sorted({patient for measured in all_measured for patient in measured.seen})
    yield ""
    yield f"Patients: {', '.join(patients)}. Orders without a meaning: {orders}."


def _line(title: str, names: Sequence[str], rows: Sequence[Row]) -> str:
    cells = []
    for name in names:
        numbers = [number for server, _, _, number in rows if server == name]
        seen = sum(map(bool, numbers))
        share = f" ({seen / len(numbers):.1%})" if numbers else ""
        cells += [str(len(numbers)), f"{seen}{share}"]
    return f"| {title} | {' | '.join(cells)} |"
