"""`make oracle`: both engines on the same documents; agreement, each disagreement with its reason, and the time ratio.

HL7's Java engine runs through HAPI's validation modules, offline, with the same packages.  Development only: it needs
Java 17 and Maven, the packages of `make packages` and the public vectors, and says so where one is absent.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.fhir.json import parse_json, write_json
from sandbox.settings import project_folder
from sandbox.validation import knowledge_at_hand, validate
from tests import corpora
from tests.conftest import VECTORS
from tests.mutants import mutants

HERE = Path(__file__).parent
RESULT = project_folder() / "out" / "oracle.json"
PLACE = re.compile(r"/\*.*?\*/")
# What the engine takes from a terminology server, or says because it has none; such errors are left aside and counted.
FROM_TERMINOLOGY = re.compile(
    r"snomed\.info|CodeSystem is unknown|Validation failed \(for|valueset: http://hl7.org/fhir/ValueSet/languages|Terminology_"
)
# Disagreements that are understood: what a difference looks like, and why it is one.
REASONS: tuple[tuple[str, str], ...] = (
    (r"^we .*contentType", "RFC 6838: a media type has a slash; the engine takes any word"),
    (r"^we .*(VSCat|vs-\d|Observation\.effective|vitalsigns)", "R4's vital signs apply by code; HAPI does not apply them"),
    (r"^java .*(Hyperlink|Image source) '#", "a link within a narrative that leads nowhere is a warning here"),
    (r"^java .*for fragment|^java .*Can't find 'urn:uuid:[^']*' in the bundle \(", "fragments of Bundle addresses in extensions are not followed here"),
    (r"^java .*Unable to find a profile match", "follows from a code of SNOMED CT that the engine could not look up"),
    (r"^java .*None of the codings provided are in the value set", "one coding is in the value set; the engine stumbles over another of SNOMED CT"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A document on disk with the profile it is judged by; a mutant has the case that it was made from as `base`."""

    name: str
    file: Path
    profile: str
    base: str = ""


def main() -> None:
    """Prints the comparison and leaves its figures for the scoreboard."""
    for program in ("mvn", "java"):
        if shutil.which(program) is None:
            sys.exit(
                f"{program} is absent: the oracle needs Java 17 and Maven (apt install openjdk-17-jdk-headless maven)"
            )
    if not corpora.are_there() or not VECTORS.is_dir():
        sys.exit(f"The oracle needs the packages (make packages) and the public vectors at {VECTORS}")
    subprocess.run(["mvn", "-q", "package"], cwd=HERE, check=True)
    with tempfile.TemporaryDirectory() as folder:
        definitions = write_definitions(Path(folder) / "definitions")
        cases = list(write_cases(Path(folder)))
        compare(cases, list(ask_java(cases, definitions)))


def write_definitions(folder: Path) -> Path:
    """Writes what both engines know: R4, IPS, THO, the extensions pack where it was fetched, and IHE's MHD."""
    folder.mkdir()
    packages = [corpora.R4, corpora.IPS, corpora.THO, *corpora.PACKAGES.glob("hl7.fhir.uv.extensions.r4-*.tgz")]
    for number, package in enumerate(packages):
        for name, content in corpora.members(package):
            is_definition = name.startswith(("StructureDefinition-", "ValueSet-", "CodeSystem-"))
            if is_definition and not _is_example(package, json.loads(content)):
                (folder / f"{number}-{name}").write_bytes(content)
    for file in (VECTORS / "mhd-4.2.3" / "conformance").glob("*.json"):
        if file.name.startswith(("StructureDefinition-", "ValueSet-", "CodeSystem-")):
            shutil.copy(file, folder / f"mhd-{file.name}")
    return folder


def _is_example(package: Path, resource: dict[str, Any]) -> bool:
    url = str(resource.get("url"))
    return (
        package == corpora.R4
        and resource["resourceType"] == "StructureDefinition"
        and not url.startswith("http://hl7.org/fhir/")
    )


def write_cases(folder: Path) -> Iterator[Case]:
    """Writes the examples, each of their mutants, and the collected documents."""
    for name, body, profile in (*corpora.ips_examples(), *corpora.mhd_examples(VECTORS)):
        resource = parse_json(body)
        yield _written(folder, name, resource, profile)
        for number, mutant in enumerate(mutants(resource, profile, knowledge_at_hand())):
            yield _written(folder, f"{name} #{number} {mutant.name}", mutant.resource, profile, base=name)
    for file in sorted((VECTORS / "ips").glob("*.json")):
        yield Case(file.name, file, corpora.BUNDLE_IPS)


def _written(folder: Path, name: str, resource: Any, profile: str, *, base: str = "") -> Case:
    file = folder / f"{abs(hash(name))}.json"
    file.write_bytes(write_json(resource))
    return Case(name, file, profile, base)


def ask_java(cases: list[Case], definitions: Path) -> Iterator[dict[str, Any]]:
    """Yields the engine's answer to each case, in order."""
    command = ["java", "-Xss64m", "-cp", "target/classes:target/lib/*", "Oracle", str(definitions)]
    asked = "".join(f"{case.file}\t{case.profile}\n" for case in cases)
    said = subprocess.run(command, cwd=HERE, input=asked, capture_output=True, text=True, check=True)
    yield from map(json.loads, said.stdout.splitlines()[1:])


def compare(cases: list[Case], answers: list[dict[str, Any]]) -> None:
    """Judges each case here too, and prints where the verdicts differ."""
    java_base: dict[str, set[str]] = {}
    our_base: dict[str, set[str]] = {}
    agree, apart, aside, unexplained, java_ms, our_ms = 0, 0, 0, 0, 0.0, 0.0
    for case, answer in zip(cases, answers, strict=True):
        if "crash" in answer:
            aside += 1
            print(f"left aside: {case.name}: the engine itself failed: {answer['crash'][:90]}")
            continue
        begun = time.perf_counter()
        ours = {
            f"{one.where} {one.key} {one.clause}"
            for one in validate(parse_json(case.file.read_bytes()), profiles=[case.profile])
            if one.severity in ("error", "fatal")
        }
        our_ms += (time.perf_counter() - begun) * 1000
        java_ms += answer["ms"]
        theirs = {_said(message) for message in answer["messages"] if message["severity"] in ("error", "fatal")}
        if not case.base:
            java_base[case.name], our_base[case.name] = theirs, ours
        theirs -= java_base.get(case.base, set())
        ours -= our_base.get(case.base, set())
        told = {said for said in theirs if not FROM_TERMINOLOGY.search(said)}
        if bool(theirs) != bool(told) and not ours:
            aside += 1  # all that the engine says came from terminology that is not at hand
        elif bool(told or theirs) == bool(ours):
            agree += 1
        else:
            apart += 1
            unexplained += _explain(case, sorted(theirs), sorted(ours))
    judged = agree + apart
    figures = {"agree": agree, "judged": judged, "aside": aside, "unexplained": unexplained, "ratio": java_ms / our_ms}
    RESULT.write_text(json.dumps(figures) + "\n", encoding="utf-8")
    print(
        f"\nagreement: {agree} of {judged} ({agree / judged:.1%}); left aside for terminology or a failure of the engine: {aside}"
    )
    print(f"we accept what the engine refuses, without a written reason: {unexplained}")
    print(f"time: {java_ms:.0f} ms there, {our_ms:.0f} ms here: {java_ms / our_ms:.1f} times as fast")


def _said(message: dict[str, Any]) -> str:
    return f"{PLACE.sub('', message['where'] or '')} {message['id']} {message['text']}"


def _explain(case: Case, theirs: list[str], ours: list[str]) -> int:
    """Prints a disagreement with its reason; returns 1 for one that we accept and that has none."""
    side, said = ("java", theirs) if theirs else ("we", ours)
    for one in said:
        for pattern, reason in REASONS:
            if re.search(pattern, f"{side} {one} {case.name}"):
                print(f"{side} alone: {case.name}: {reason}")
                return 0
    print(f"{side} alone: {case.name}: NO REASON: {said[:2]}")
    return 1 if theirs else 0


if __name__ == "__main__":
    main()
