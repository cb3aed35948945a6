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


def _test(number: str, check: str) -> Test:
    script = partial(checked, check=check)
    return Test(
        f"pki.onboarding.{check}",
        number,
        CLAUSE,
        script,
        "06",
        needs=("country",),
        takes=tuple(PLACES),
    )


TESTS = (
    _test("PKI-01", "files"),
    _test("PKI-02", "pem"),
    _test("PKI-03", "one_certificate"),
    _test("PKI-04", "curve"),
    _test("PKI-05", "key_length"),
    _test("PKI-06", "signature_algorithm"),
    _test("PKI-07", "subject"),
    _test("PKI-08", "country"),
    _test("PKI-09", "basic_constraints"),
    _test("PKI-10", "key_usage"),
    _test("PKI-11", "extended_key_usage"),
    _test("PKI-12", "chain"),
    _test("PKI-13", "validity"),
    _test("PKI-14", "validity_range"),
)
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
