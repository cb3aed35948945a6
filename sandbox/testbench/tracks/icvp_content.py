"""International Certificate of Vaccination or Prophylaxis (SMART ICVP 0.3.0): the text of one code,
rule by rule.

Inputs as for certificate content: `certificate` and `trustlist`.  What any health certificate has
to meet is told by that track; here stands what ICVP asks beyond it, whatever of its forms was used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sandbox.testbench.script import Given, Script, Test, Track, finding_at, nothing_there
from sandbox.testbench.tracks.hcert_content import Part, judged, only_essentials, trust_list

CLAUSE = "SMART ICVP 0.3.0 DVCMin"
# The form of 0.3.0, which RACSEL issues; three others are met (certificates/dialects).
CURRENT = "icvp_2025"
PRODUCT = re.compile(r"[A-Za-z]+Product[0-9a-f]{1,64}", re.IGNORECASE)
# HL7 v2-0203: a national identifier or a passport number
DOCUMENTS = ("NI", "PPN")
SEXES = ("male", "female", "other", "unknown", "M", "F", "X")
SIGNED = Part(
    "ICV-11", "signed", "HCERT 1.1.1 4, RFC 9052 4.4", ("trust", "signature"), is_trusting=True
)
FIELDS = Part("ICV-03", "fields", CLAUSE, ("schema",))


_finding = partial(finding_at, clause=CLAUSE)


def is_icvp(given: Given) -> Script:
    """The text is a certificate whose content is one of the forms of ICVP (ICV-01)."""
    from sandbox.certificates.hcert import read

    certificate = read(given["certificate"])
    if certificate.dialect is None or certificate.dialect.family != "icvp":
        yield _finding(
            "icvp_content.not_icvp", "error", "-260", found=certificate.form or certificate.verdict
        )
        return {}
    return {"readable": given["certificate"], "dialect": certificate.dialect.name}


def current_form(given: Given) -> Script:
    """It is written in the form that is current: others are read, and say so (ICV-02)."""
    if given["dialect"] != CURRENT:
        yield _finding(
            "icvp_content.older_form",
            "warning",
            "-260.-6",
            expected=CURRENT,
            found=given["dialect"],
        )


def who_vaccinated(given: Given) -> Script:
    """An issuer or a clinician is named, in the forms that ask for one (ICV-04)."""
    doses = list(_doses(_content(given)))
    if given["dialect"] == "icvp_2023" or not doses:
        yield nothing_there()
        return
    for where, dose in doses:
        if not dose.get("is") and not dose.get("cn"):
            yield _finding("icvp_content.nobody", "error", where, expected="is | cn")


def product_known(given: Given) -> Script:
    """The product is named by its number among the prequalified ones (ICV-05)."""
    doses = list(_doses(_content(given)))
    if given["dialect"] == "icvp_2023" or not doses:  # which spells it out
        yield nothing_there()
        return
    for where, dose in doses:
        product = str(dose.get("vp") or "")
        if not PRODUCT.fullmatch(product):
            yield _finding(
                "icvp_content.odd_product",
                "warning",
                f"{where}.vp",
                expected="…Product…",
                found=product or "–",
            )


def dates_in_order(given: Given) -> Script:
    """Nobody is vaccinated before birth or tomorrow, and validity begins behind the dose and ends
    later (ICV-06).
    """
    content = _content(given)
    today = datetime.fromisoformat(given["now"]).date().isoformat()
    compared: list[tuple[str, str, str]] = []
    for where, dose in _doses(content):
        given_on, begins, ends = (str(dose.get(name) or "") for name in ("dt", "vls", "vle"))
        given_on = given_on or str(dose.get("dv") or "")
        pairs = [("dob", str(content.get("dob") or ""), given_on), (f"{where}.dt", given_on, today)]
        pairs += [(f"{where}.vls", given_on, begins), (f"{where}.vle", begins or given_on, ends)]
        compared += [pair for pair in pairs if all(pair)]
    if not compared:
        yield nothing_there()
    for place, earlier, later in compared:
        # a date may be a month or a year alone: both are compared as far as the shorter one goes
        if earlier[: len(later)] > later[: len(earlier)]:
            yield _finding(
                "icvp_content.order", "error", place, expected=f"≤ {later}", found=earlier
            )


def one_dose(given: Given) -> Script:
    """A certificate states one dose (ICV-07)."""
    count = len(list(_doses(_content(given))))
    if count != 1:
        yield _finding("icvp_content.several", "warning", "v", expected="1", found=str(count))


def document_named(given: Given) -> Script:
    """A number of identity comes with the kind of its document: NI or PPN (ICV-08)."""
    content = _content(given)
    number = content.get("nid") or content.get("id")
    # the later draft calls both otherwise: id, and dt for the type of document
    kind = content.get("ndt") or content.get("dt")
    if not number:
        yield nothing_there()
    elif kind not in DOCUMENTS:
        yield _finding(
            "icvp_content.no_document",
            "warning",
            "ndt",
            expected=" | ".join(DOCUMENTS),
            found=str(kind or "–"),
        )


def sex_coded(given: Given) -> Script:
    """The sex, where it is stated, is a code (ICV-09)."""
    sex = _content(given).get("s")
    if sex is None:
        yield nothing_there()
    elif sex not in SEXES:
        yield _finding(
            "icvp_content.odd_sex", "warning", "s", expected=" | ".join(SEXES), found=str(sex)
        )


def _content(given: Given) -> Mapping[str, Any]:
    from sandbox.certificates.hcert import read

    content: Mapping[str, Any] = read(given["readable"]).content
    return content


def _doses(content: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yields each dose with its place, in any of the forms."""
    # the later draft has the dose in vx, and in v the version of its template
    for name in ("v", "vx"):
        doses = content.get(name)
        if isinstance(doses, Mapping):
            yield name, doses
        elif isinstance(doses, list):
            yield from (
                (f"{name}[{index}]", dose)
                for index, dose in enumerate(doses)
                if isinstance(dose, Mapping)
            )


def _test(
    number: str,
    script: Callable[[Given], Script],
    clause: str = CLAUSE,
    name: str = "",
    *,
    needs: tuple[str, ...] = (),
    after: Mapping[str, str] | None = None,
) -> Test:
    words = name or getattr(script, "__name__", "")
    return Test(f"icvp.content.{words}", number, clause, script, "05", needs, after or {})


_READ = {"readable": "ICV-01", "dialect": "ICV-01"}
TESTS = (
    _test("ICV-01", is_icvp, needs=("certificate",)),
    _test("ICV-02", current_form, after=_READ),
    _test("ICV-03", partial(judged, part=FIELDS), CLAUSE, "fields", after=_READ),
    _test("ICV-04", who_vaccinated, after=_READ),
    _test("ICV-05", product_known, after=_READ),
    _test("ICV-06", dates_in_order, after=_READ),
    _test("ICV-07", one_dose, after=_READ),
    _test("ICV-08", document_named, after=_READ),
    _test("ICV-09", sex_coded, after=_READ),
    _test("ICV-10", trust_list, "GDHCN trust list v2", needs=("trustlist",)),
    _test(
        "ICV-11",
        partial(judged, part=SIGNED),
        SIGNED.clause,
        "signed",
        after={**_READ, "keys": "ICV-10"},
    ),
    _test("ICV-12", only_essentials, after=_READ),
)
TRACK = Track("icvp.content", "icvp_content", TESTS, actor="content-creator")
