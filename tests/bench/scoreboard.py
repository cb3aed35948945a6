"""`make scoreboard`: how right and how fast the judge is, a row a figure; exit 1 when one falls short or was not measured.

It needs the public vectors, and the FHIR packages that `make packages` fetches.  `make oracle` leaves its figures for
the last rows.
"""

from __future__ import annotations

import copy
import json
import statistics
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.definitions.store import CORE, core_definitions, core_resources
from sandbox.definitions.types import TypeCatalogue
from sandbox.fhir.json import parse_json
from sandbox.findings import Finding
from sandbox.settings import project_folder
from sandbox.validation import knowledge_at_hand, validate
from tests import corpora
from tests.conftest import VECTORS
from tests.mutants import mutants
from tests.vectors import test_fhirpath_suite, test_ips_documents, test_mhd_profiles, test_validator_suite

OUT = project_folder() / "out"
LEADING = "Bundle-IPS-examples-Bundle-01.json"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure, what it must reach, and whether it does."""

    figure: str
    must: str
    holds: bool


def main() -> None:
    """Prints every row; a row whose data are absent counts as falling short."""
    short = 0
    for name, measure, needs in ROWS:
        absent = [str(path) for path in needs if not path.exists()]
        row = Row(f"not measured: no {absent[0]}", "", holds=False) if absent else measure()
        short += not row.holds
        print(f"{'✓' if row.holds else '✗'} {name:<42} {row.figure:<52} {row.must}", flush=True)
    sys.exit(1 if short else 0)


def errors(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity in ("error", "fatal")]


def validator_cases() -> Row:
    core = list(core_resources())
    manifest = json.loads((test_validator_suite.CASES / "manifest.json").read_text(encoding="utf-8"))
    scored = right = false = 0
    for case in manifest["test-cases"]:
        for profile, java in ((None, case.get("java")), (case.get("profile"), case.get("profile", {}).get("java"))):
            expected = None if java is None else test_validator_suite.expectation(java)
            if expected is not None:
                scored += 1
                found = test_validator_suite.verdict(case, profile, core)
                right += found == expected
                false += found and not expected
    share = right / scored
    return Row(f"{right} of {scored} ({share:.1%}), {false} false error", "≥ 95 %, ≤ 1", share >= 0.95 and false <= 1)


def ips_examples() -> Row:
    rows = [(name, errors(validate(parse_json(body), profiles=[url]))) for name, body, url in corpora.ips_examples()]
    bundles = [name for name, _ in rows if name.startswith("Bundle")]
    wrong = [name for name, found in rows if found]
    return Row(f"{len(rows)} examples, {len(bundles)} documents, {len(wrong)} with errors", "no error", not wrong)


def leading_document() -> Any:
    return next(parse_json(body) for name, body, _ in corpora.ips_examples() if name == LEADING)


def seeded_faults() -> Row:
    right, found, alone = leading_document(), 0, 0
    for spoil, key, place in test_ips_documents.FAULTS.values():
        broken = copy.deepcopy(right)
        spoil(broken)
        said = errors(validate(broken, profiles=["ips"]))
        each = [one for folded in said for one in folded.each()]
        found += any(one.key == f"validation.{key}" and one.where.endswith(place) for one in each)
        alone += len(said) == 1
    return Row(f"{found} of 10 at the place, {alone} as the only error", "10 of 10", found == 10)


def all_mutants() -> Row:
    total = found = crashes = 0
    for _, body, url in (*corpora.ips_examples(), *corpora.mhd_examples(VECTORS)):
        for mutant in mutants(parse_json(body), url, knowledge_at_hand()):
            total += 1
            try:
                found += bool(errors(validate(mutant.resource, profiles=[url])))
            except Exception:
                crashes += 1
    share = found / total
    return Row(
        f"{found} of {total} ({share:.1%}), {crashes} crashes", "≥ 98 %, none by a crash", share >= 0.98 and not crashes
    )


def mhd_agreement() -> Row:
    elements = differences = 0
    for file in test_mhd_profiles.PROFILES:
        structure = json.loads(file.read_text(encoding="utf-8"))
        theirs = test_mhd_profiles.published(structure)
        for id, wanted in test_mhd_profiles.ours(structure["url"]).items():
            elements += 1
            differences += any(theirs.get(id, {}).get(name) != value for name, value in wanted.items() if name != "max")
    return Row(f"{elements} elements, {differences} differences", "each with a reason", differences == 0)


def collected_documents() -> Row:
    slowest, same = 0.0, True
    files = sorted((VECTORS / "ips").glob("*.json"))
    for file in files:
        document = parse_json(file.read_bytes())
        begun = time.perf_counter()
        first = validate(document, profiles=["ips"])
        slowest = max(slowest, time.perf_counter() - begun)
        same = same and first == validate(document, profiles=["ips"])
    figure = f"{len(files)} documents, slowest {slowest:.2f} s, {'the same' if same else 'other'} findings twice"
    return Row(figure, "no crash, < 3 s, the same", slowest < 3 and same)


def fhirpath_suite() -> Row:
    model = TypeCatalogue(core_definitions())
    cases = list(ET.parse(VECTORS / "fhirpath" / "tests-fhir-r4.xml").getroot().iter("test"))
    right = sum(test_fhirpath_suite.passes(case, model) for case in cases)
    return Row(f"{right} of {len(cases)} ({right / len(cases):.1%})", "≥ 95 %", right / len(cases) >= 0.95)


def warm_time() -> Row:
    document, times = leading_document(), []
    for _ in range(40):
        begun = time.perf_counter()
        validate(document, profiles=["ips"])
        times.append((time.perf_counter() - begun) * 1000)
    median = statistics.median(times[10:])
    return Row(f"p50 {median:.0f} ms (Bundle-01, 20 entries)", "≤ 30 ms", median <= 30)


def cold_time() -> Row:
    file = OUT / LEADING
    file.write_bytes(next(body for name, body, _ in corpora.ips_examples() if name == LEADING))
    command = [sys.executable, "-m", "sandbox.cli", "validate", str(file), "--profile", "ips"]
    script = "import resource,runpy,sys\nsys.argv=sys.argv[1:]\ntry:\n runpy.run_module('sandbox.cli', run_name='__main__')\nfinally:\n print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    times = []
    for _ in range(7):
        begun = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        times.append(time.perf_counter() - begun)
    said = subprocess.run(
        [sys.executable, "-c", script, "connectathon", *command[3:]], capture_output=True, text=True, check=False
    )
    resident = int(said.stderr.split()[-1]) / 1024
    median = statistics.median(times)
    return Row(
        f"median {median:.2f} s, resident {resident:.0f} MB", "≤ 1.0 s, < 200 MB", median <= 1 and resident < 200
    )


def r4_examples() -> Row:
    """Judges every JSON file of the package; the wrong ones are listed with their clauses in out/r4-examples.txt."""
    total = crashes = 0
    wrong: list[str] = []
    for name, body in corpora.members(corpora.R4):
        total += 1
        try:
            found = errors(validate(parse_json(body)))
        except Exception as fault:
            crashes += 1
            wrong.append(f"{name}: crash: {fault!r}")
            continue
        if found:
            wrong.append(
                f"{name}: "
                + "; ".join(f"{one.key[11:]} at {one.where} ({one.found}) [{one.clause}]" for one in found[:3])
            )
    (OUT / "r4-examples.txt").write_text("\n".join(wrong) + "\n", encoding="utf-8")
    share = len(wrong) / total
    figure = f"{len(wrong)} of {total} judged wrong ({share:.1%}), {crashes} crashes"
    return Row(figure, "≤ 2 %, no crash", share <= 0.02 and not crashes)


def store_size() -> Row:
    size = sum(file.stat().st_size for file in CORE.iterdir()) / 1e6
    return Row(f"{size:.2f} MB", "≤ 2 MB", size <= 2)


def oracle_figures() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((OUT / "oracle.json").read_text(encoding="utf-8"))
    return content


def oracle_agreement() -> Row:
    figures = oracle_figures()
    share = figures["agree"] / figures["judged"]
    figure = f"{figures['agree']} of {figures['judged']} ({share:.1%}), {figures['unexplained']} without a reason"
    return Row(figure, "≥ 97 %, none accepted without reason", share >= 0.97 and not figures["unexplained"])


def oracle_time() -> Row:
    ratio = oracle_figures()["ratio"]
    return Row(f"{ratio:.1f} times as fast", "≥ 3", ratio >= 3)


Measure = Callable[[], Row]
PACKAGES = (corpora.R4, corpora.IPS)
ROWS: tuple[tuple[str, Measure, tuple[Path, ...]], ...] = (
    ("public validator cases, verdict as HL7's", validator_cases, (VECTORS,)),
    ("examples of the IPS 2.0.0 package", ips_examples, PACKAGES),
    ("ten seeded faults", seeded_faults, PACKAGES),
    ("mutants of the IPS and MHD examples", all_mutants, (*PACKAGES, VECTORS)),
    ("MHD 4.2.3 against its snapshots", mhd_agreement, (VECTORS,)),
    ("collected IPS documents", collected_documents, (VECTORS,)),
    ("FHIRPath suite of R4", fhirpath_suite, (VECTORS,)),
    ("warm", warm_time, PACKAGES),
    ("cold process to first verdict", cold_time, PACKAGES),
    ("R4 package, every JSON file", r4_examples, PACKAGES),
    ("committed store", store_size, ()),
    ("agreement with HL7's engine (make oracle)", oracle_agreement, (OUT / "oracle.json",)),
    ("time against HL7's engine (make oracle)", oracle_time, (OUT / "oracle.json",)),
)

if __name__ == "__main__":
    main()
