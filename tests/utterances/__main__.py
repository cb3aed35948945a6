"""`python -m tests.utterances [--wrong] [--record]`: how many lines are met, by set and by kind.

`--wrong` shows the lines that are not; `--record` adds the table to results.md.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime

from sandbox.i18n import LANGUAGES
from tests.conftest import CASES
from tests.places import PROJECT
from tests.utterances.reacting import reaction_to
from tests.utterances.scoring import HERE, Line, fresh_lines, given_lines, judge, lines_of

OTHERS = CASES / "chat" / "utterances.txt"
RESULTS = HERE / "results.md"
FRESH = tuple(sorted(file.stem for file in HERE.glob("fresh*.txt")))
EVENT = "event"  # written before the reader knew what they ask for
UNTUNED = "untuned"
STRANGERS = "strangers"
"""By somebody who had not seen the bot; nothing was added for it to what the bot learns."""
HELD_BACK = (UNTUNED,)
"""Sets from which the bot never learns."""
KINDS = ("change", "offer", "read", "nothing")


def sets() -> dict[str, list[Line]]:
    """Returns the sets by name: ours by language, and the lines of others where they are there."""
    known = {tag: lines_of(tag) for tag in sorted(LANGUAGES) if (HERE / f"{tag}.txt").is_file()}
    known |= {name: fresh_lines(name) for name in (*FRESH, EVENT, UNTUNED, STRANGERS)}
    return known | ({"others": given_lines(OTHERS)} if OTHERS.is_file() else {})


def held_back() -> list[str]:
    """Returns the lines from which the bot never learns."""
    return [line.text for name in HELD_BACK for line in fresh_lines(name)]


def row(name: str, lines: list[Line]) -> str:
    """Returns one row of the table."""
    verdicts = [judge(line, reaction_to(line)) for line in lines]
    counts = Counter(verdict for verdict, _ in verdicts)
    acts = sum(is_wrong_act for _, is_wrong_act in verdicts)
    met = counts["right"] + counts["helpful"]
    figures = (len(lines), counts["right"], counts["helpful"], counts["wrong"], acts)
    shares = f"{counts['right'] / len(lines):.1%} | {met / len(lines):.1%}"
    return f"| {name} | {' | '.join(map(str, figures))} | {shares} |"


def table() -> str:
    """Returns the table of all sets, and of all lines of ours by what they ask for."""
    own = [line for name, lines in sets().items() if name in LANGUAGES for line in lines]
    rows = [row(name, lines) for name, lines in sets().items()]
    for kind in KINDS:
        rows.append(row(f"ours: {kind}", [line for line in own if line.kind == kind]))
    head = "| set | lines | right | helpful | wrong | wrong acts | right | right or helpful |"
    return "\n".join([head, "|---|---|---|---|---|---|---|---|", *rows])


def record() -> None:
    """Adds the table to the results, with the day and the commit."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    known = RESULTS.read_text(encoding="utf-8") if RESULTS.is_file() else "# Lines met\n"
    heading = f"## {datetime.now(UTC):%Y-%m-%d}, after {commit.stdout.strip()}"
    RESULTS.write_text(f"{known}\n{heading}\n\n{table()}\n", encoding="utf-8")


def main() -> None:
    """Prints the table."""
    print(table())
    if "--record" in sys.argv:
        record()
    if "--wrong" in sys.argv:
        for name, lines in sets().items():
            for line in lines:
                reaction = reaction_to(line)
                verdict, is_wrong_act = judge(line, reaction)
                if verdict != "right":
                    mark = "ACT " if is_wrong_act else ""
                    print(
                        f"{name} {mark}{verdict}: {line.text!r}\n    {line.right}\n    {reaction}"
                    )


if __name__ == "__main__":
    main()
