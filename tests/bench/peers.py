"""Peers on the same document, run by the interpreter of `make peers`: prints one JSON object of medians in ms.

`python peers.py DOCUMENT.json R4.tgz IPS.tgz`.  Knows nothing of this project.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path


def median(work: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


def main(document: Path, r4: Path, ips: Path) -> None:
    from fhir.resources.R4B.bundle import Bundle
    from pyrofile_validator import Validator
    from pyrofile_validator.config import TerminologyConfig, ValidatorConfig

    text = document.read_text(encoding="utf-8")
    resource = json.loads(text)
    parse = median(lambda: Bundle.model_validate_json(text), 15)
    with tempfile.TemporaryDirectory() as folder:
        config = ValidatorConfig(
            enabled_igs=["hl7.fhir.uv.ips"],
            local_package_paths=[str(r4), str(ips)],
            package_cache_dir=folder,
            evidence_output_dir=folder,
            terminology=TerminologyConfig(),
        )
        begun = time.perf_counter()
        validator = Validator(config)
        report = validator.validate_resource(resource)
        first = (time.perf_counter() - begun) * 1000
        warm = median(lambda: validator.validate_resource(resource), 5)
    issues = [issue for issue in report.issues if str(issue.severity).lower().endswith("error")]
    print(
        json.dumps(
            {
                "fhir.resources": parse,
                "pyrofile first": first,
                "pyrofile": warm,
                "pyrofile errors": len(issues),
            }
        )
    )


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
