"""Onboarding of a participant (GDHCN certificate governance): the certificates that a country hands
in.

Inputs: `sca`, `up`, `tls`, `ca` and, where there are some already, `dsc` are the texts of PEM
files; `country` has two letters.  Each test is one of the gateway's checks.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sandbox.testbench.inputs import Input
from sandbox.testbench.script import Given, Script, Test, Track, nothing_there

CLAUSE = "GDHCN certificate governance"
PLACES = {
    "sca": "SCA/SCA.pem",
    "up": "UP/UP.pem",
    "tls": "TLS/TLS.pem",
    "ca": "TLS/CA.pem",
    "dsc": "DSC/DSC.pem",
}
# the folders of the participants' repositories are still named for the first domain
DOMAIN = "DCC"
MOST = 40  # findings of one test that are told
CHECKS = (
    "files", "pem", "one_certificate", "curve", "key_length", "signature_algorithm", "subject",
    "country", "basic_constraints", "key_usage", "extended_key_usage", "chain", "validity",
    "validity_range",
)  # fmt: skip


def checked(given: Given, *, check: str) -> Script:
    """What one of the gateway's checks finds; where nothing was handed in nothing is said."""
    from sandbox.trust.onboarding import check_files

    files = {place: given[name].encode() for name, place in PLACES.items() if given.get(name)}
    results = check_files(
        files, DOMAIN, country=given["country"], at=datetime.fromisoformat(given["now"])
    )
    # all checks read the same certificates; each is a test, so that a country sees which it fails
    (result,) = [result for result in results if result.name == check]
    yield from list(result.findings)[:MOST] or ([] if files else [nothing_there()])


def _test(number: int, check: str) -> Test:
    script = partial(checked, check=check)
    return Test(
        f"pki.onboarding.{check}",
        f"PKI-{number:02}",
        CLAUSE,
        script,
        "06",
        needs=("country",),
        takes=tuple(PLACES),
    )


TESTS = tuple(_test(number, check) for number, check in enumerate(CHECKS, start=1))
TRACK = Track(
    "pki.onboarding",
    "pki_onboarding",
    TESTS,
    actor="trust-participant",
    inputs={
        "country": Input("country"),
        "sca": Input("document"),
        "up": Input("document"),
        "tls": Input("document"),
        "ca": Input("document"),
        "dsc": Input("document"),
    },
)
