"""`make intents`: learns which command a line is likely to mean, and writes bot/reading/intents.json and RESULTS.md."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.reading.intents import BIAS, LEARNED, UNIT, features_of
from tests.intents.examples import Example, examples, masked_examples
from tests.places import PROJECT
from tests.tables import INTENTS
from tests.utterances.__main__ import held_back

PYTHON = PROJECT / "out" / "learning" / "bin" / "python"
SEEN = 3  # lines that have a feature, at least
KEPT = 50_000  # weights: with half as many one line in a hundred less is met, with twice as many none more


def fitted(known: Sequence[Example]) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """Returns what each feature counts, by command, and the shares of lines that are met."""
    features = [features_of(example.words) for example in known]
    having = Counter(name for counts in features for name in counts)
    lines = [
        {
            "verb": example.verb,
            "features": {name: count for name, count in counts.items() if having[name] >= SEEN},
        }
        for example, counts in zip(known, features, strict=True)
    ]
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder, "lines.json"), Path(folder, "weights.json")
        given.write_text(json.dumps(lines), encoding="utf-8")
        subprocess.run([PYTHON, Path(__file__).with_name("fitting.py"), given, made], check=True)
        learned = json.loads(made.read_text(encoding="utf-8"))
    return learned["weights"], learned["shares"]


def whole_numbers(weights: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, int]]:
    """Returns the weights that count most, in the unit of the file."""
    sizes = sorted(
        (abs(weight) for row in weights.values() for weight in row.values()), reverse=True
    )
    least = sizes[min(KEPT, len(sizes)) - 1]
    return {
        verb: {
            name: round(weight / UNIT)
            for name, weight in sorted(row.items())
            if name == BIAS or abs(weight) >= least
        }
        for verb, row in sorted(weights.items())
    }


def words() -> dict[str, list[str]]:
    """Returns by command the words that several of its lines share."""
    counts: dict[str, Counter[str]] = {}
    for example in masked_examples():
        counts.setdefault(example.verb, Counter()).update(example.words)
    return {
        verb: sorted(word for word, count in said.items() if count > 1)
        for verb, said in counts.items()
    }


def written(weights: Mapping[str, Mapping[str, int]]) -> str:
    """Returns the file: a command on each line, so that changes can be looked at."""
    tables = {"weights": weights, "words": words()}
    parts = [
        f'"{name}": {{\n'
        + ",\n".join(
            f"{json.dumps(verb)}: {json.dumps(row, ensure_ascii=False, separators=(',', ':'))}"
            for verb, row in table.items()
        )
        + "\n}"
        for name, table in tables.items()
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main() -> int:
    """Learns and writes; returns 1 where what learns is not installed."""
    if not PYTHON.is_file():
        print("make intents installs what learns.")
        return 1
    known = examples(held_back())
    weights, shares = fitted(known)
    kept = whole_numbers(weights)
    LEARNED.write_text(written(kept), encoding="utf-8")
    rows = [
        f"{len(known)} lines, {len(kept) - 1} commands and nothing, {sum(map(len, kept.values()))} weights, {LEARNED.stat().st_size // 1000} kB.",
        "",
        f"Of lines by what was learned from the other three quarters, {shares['first']:.1%} have the right command first, {shares['three']:.1%} among three.",
    ]
    INTENTS.write("What the bot has learned of lines", "\n".join(rows))
    print(*rows, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
