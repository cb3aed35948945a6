from typing import Any

from sandbox.findings import Finding
from sandbox.validation.consequences import without_consequences


def a_finding(key: str, where: str, **params: Any) -> Finding:
    return Finding(f"validation.{key}", "error", f"validation.{key}", params=params, where=where)


def kept(*findings: Finding) -> list[str]:
    return [str(one.params.get("name") or one.key.rpartition(".")[2]) for one in without_consequences(findings)]


def test_a_target_that_misses_its_profile_is_explained_by_its_own_findings() -> None:
    missed = a_finding("target_profile", "Bundle.entry[0].resource.subject", target="Bundle.entry[1].resource")
    own = a_finding("missing", "Bundle.entry[1].resource", name="birthDate")
    assert kept(missed, own) == ["birthDate"]
    assert kept(missed) == ["target_profile"]


def test_an_invariant_that_waits_for_a_missing_element_is_left_out() -> None:
    missing = a_finding("missing", "Composition.section[0]", name="text")
    same = a_finding("invariant", "Composition.section[0]", name="cmp-1", expression="text.exists() or entry.exists()")
    other = a_finding("invariant", "Composition.section[0]", name="x-1", expression="context.exists()")
    elsewhere = a_finding("invariant", "Composition.section[1]", name="cmp-1", expression="text.exists()")
    assert kept(missing, same) == ["text"]
    assert kept(missing, other) == ["text", "x-1"]
    assert kept(missing, elsewhere) == ["text", "cmp-1"]


def test_a_composition_out_of_place_is_said_once() -> None:
    first = a_finding("invariant", "Bundle", name="bdl-11", expression="")
    second = a_finding("invariant", "Bundle", name="bdl-ips-1", expression="")
    assert kept(first, second) == ["bdl-11"]
    assert kept(second) == ["bdl-ips-1"]
