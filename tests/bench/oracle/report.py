"""What a run leaves behind: `out/oracle.json` for the scoreboard, and the committed table `tests/oracle/ORACLE.file.md`."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

from tests.bench.oracle.tally import Tally, Totals
from tests.bench.oracle.timing import Times
from tests.places import PROJECT
from tests.tables import ORACLE, commit

TITLE = "Our judge and HL7's engine on the same documents"
FIGURES = PROJECT / "out" / "oracle.json"
HEAD = (
    "| set | judged | agree | missed by us | ours alone | aside | uncorrected | corrected "
    "| theirs wrong | policy | ours wrong | no line |"
)
TEXT_HEAD = "| set | with a known answer | both as the text | ours alone | HL7's alone | neither |"


def write_figures(totals: Totals, times: Times) -> None:
    """Leaves the figures for the scoreboard."""
    sets = {name: _figures(tally) for name, tally in totals.sets.items()}
    figures = {"sets": sets, "total": _figures(totals.total), "time": times.as_figures()}
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def write_results(totals: Totals, times: Times, scope: str) -> None:
    """Writes the table that is committed, with commit, date and the hash of what it was made from."""
    ORACLE.write(TITLE, "\n".join(_lines(totals, times, scope)))


def table(totals: Totals) -> list[str]:
    """Returns the rows of the sets as Markdown."""
    named = [*totals.sets.items(), ("**all**", totals.total)]
    rows = [HEAD, _rule(HEAD), *(_row(name, tally) for name, tally in named)]
    return [
        *rows,
        "",
        TEXT_HEAD,
        _rule(TEXT_HEAD),
        *(_text_row(name, tally) for name, tally in named if tally.text),
    ]


def _lines(totals: Totals, times: Times, scope: str) -> list[str]:
    return [
        scope,
        "",
        "*Aside*: HL7's engine refuses only for want of a terminology server, or failed itself. *Corrected* counts as agreed",
        "what a line in `disagreements.toml` shows to be wrong in HL7's engine; a policy of ours stays a disagreement.",
        "",
        *table(totals),
        "",
        *_times(times),
        "",
        "| disagreement | alone | how many | who is wrong |",
        "|---|---|---|---|",
        *_disagreements(totals),
    ]


def write_times(times: Times) -> None:
    """Puts times that were measured again into the figures and the table of the whole run that
    stands: the rest of it takes half an hour, and does not depend on what else the machine does.
    """
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    FIGURES.write_text(json.dumps({**figures, "time": times.as_figures()}, indent=1) + "\n")
    lines = ORACLE.file.read_text(encoding="utf-8").splitlines()
    begin = next(place for place, line in enumerate(lines) if line.startswith("| ms over"))
    end = lines.index("", begin)
    ORACLE.file.write_text("\n".join([*lines[:begin], *_times(times), *lines[end:]]) + "\n")


def _times(times: Times) -> list[str]:
    figures = times.as_figures()
    when = f"{datetime.now(UTC):%Y-%m-%d}, {commit()}"
    return [
        f"| ms over the collected documents, warm ({when}) | HL7's | ours | times as fast |",
        "|---|---|---|---|",
        f"| median | {times.their_median:.1f} | {times.our_median:.1f} | {figures['ratio_of_medians']:.1f} |",
        f"| p95 | {times.their_p95:.1f} | {times.our_p95:.1f} | {figures['ratio_of_p95']:.1f} |",
    ]


def _disagreements(totals: Totals) -> list[str]:
    """Returns a row for each kind on which the engines differ."""
    counted = Counter(
        (
            outcome.case.set,
            outcome.case.kind.replace("|", "\\|"),
            outcome.side,
            line.verdict if line else "no line",
        )
        for outcome, line in totals.apart
    )
    names = {"theirs": "HL7's engine", "ours": "our judge"}
    return [
        f"| {set} `{kind}` | {names[side]} | {number} | {names.get(verdict, verdict)} |"
        for (set, kind, side, verdict), number in sorted(counted.items())
    ]


def _figures(tally: Tally) -> dict[str, int | float]:
    return {
        "judged": tally.judged, "agree": tally.agree, "aside": tally.aside, "missed": tally.missed,
        "false": tally.false, "false_of_ours": tally.false_of_ours, "no_line": tally.lines[""],
        "uncorrected": tally.uncorrected, "corrected": tally.corrected,
    }  # fmt: skip


def _row(name: str, tally: Tally) -> str:
    lines = tally.lines
    cells = (
        name, tally.judged, tally.agree, tally.missed, tally.false, tally.aside, f"{tally.uncorrected:.1%}",
        f"{tally.corrected:.1%}", lines["theirs"], lines["policy"], lines["ours"], lines[""],
    )  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


def _text_row(name: str, tally: Tally) -> str:
    text = tally.text
    cells = (name, text.total(), text["both"], text["ours"], text["theirs"], text["none"])
    return "| " + " | ".join(map(str, cells)) + " |"


def _rule(head: str) -> str:
    return "|" + "---|" * (head.count("|") - 1)
