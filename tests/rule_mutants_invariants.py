"""How each invariant that R4, IPS and MHD put on the example documents is broken, in the smallest way."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.fhir.json import Json

PERIOD = {"start": "2024-02-02", "end": "2024-01-01"}
CODING = {"system": "http://example.org/codes", "code": "x"}
VERIFICATION = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
CONDITION_STATUS = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


@dataclass(frozen=True, slots=True)
class InvariantBreaker:
    """`change` works on a copy and returns what stands there instead, or None for the copy itself."""

    change: Callable[[Any], Any]
    needs: tuple[str, ...] = ()

    def fits(self, value: Any) -> bool:
        if not self.needs:
            return True
        return isinstance(value, dict) and all(name in value for name in self.needs)

    def broken(self, value: Any) -> Any:
        changed = copy.deepcopy(value)
        result = self.change(changed)
        return changed if result is None else result


def setting(**elements: Any) -> Callable[[Json], Any]:
    """Sets elements; None removes one."""

    def change(value: Json) -> None:
        for name, element in elements.items():
            if element is None:
                value.pop(name, None)
            else:
                value[name] = element

    return change


def only(**elements: Any) -> Callable[[Json], Any]:
    """Replaces the whole value."""
    return lambda value: elements


def _entered_in_error(system: str) -> Json:
    return {"coding": [{"system": system, "code": "entered-in-error"}]}


def _first_entry(**elements: Any) -> Callable[[Json], Any]:
    return lambda bundle: bundle["entry"][0].update(elements)


def _contained(**elements: Any) -> Callable[[Json], Any]:
    held = {"resourceType": "Basic", "id": "held", "code": {"coding": [CODING]}, **elements}
    return setting(
        contained=[held],
        extension=[{"url": "http://example.org/e", "valueReference": {"reference": "#held"}}],
    )


BREAKERS: dict[str, InvariantBreaker] = {
    "ait-1": InvariantBreaker(setting(verificationStatus=None, clinicalStatus=None)),
    "ait-2": InvariantBreaker(setting(verificationStatus=_entered_in_error(VERIFICATION)), ("clinicalStatus",)),
    "att-1": InvariantBreaker(setting(contentType=None), ("data",)),
    "bdl-1": InvariantBreaker(setting(total=3), ("entry", "identifier")),
    "bdl-2": InvariantBreaker(_first_entry(search={"mode": "match"}), ("entry", "identifier")),
    "bdl-3": InvariantBreaker(_first_entry(request={"method": "GET", "url": "Patient/1"}), ("identifier",)),
    "bdl-4": InvariantBreaker(_first_entry(response={"status": "200"}), ("identifier",)),
    "bdl-5": InvariantBreaker(setting(resource=None, request=None, response=None)),
    "bdl-7": InvariantBreaker(lambda b: b["entry"][-1].update(fullUrl=b["entry"][0]["fullUrl"]), ("entry", "identifier")),
    "bdl-8": InvariantBreaker(lambda entry: entry.update(fullUrl="http://example.org/Basic/1/_history/2"), ("fullUrl",)),
    "bdl-9": InvariantBreaker(setting(identifier=None), ("identifier",)),
    "bdl-10": InvariantBreaker(setting(timestamp=None), ("timestamp", "identifier")),
    "bdl-11": InvariantBreaker(lambda b: b.update(entry=b["entry"][1:] + b["entry"][:1]), ("identifier",)),
    "bdl-ips-1": InvariantBreaker(
        lambda b: b["entry"].append({**copy.deepcopy(b["entry"][0]), "fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000000"})
    ),
    "cmp-1": InvariantBreaker(setting(text=None, entry=None, section=None)),
    "cmp-2": InvariantBreaker(setting(emptyReason={"coding": [CODING]}), ("entry",)),
    "con-4": InvariantBreaker(
        setting(abatementString="x", clinicalStatus={"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]})
    ),
    "con-5": InvariantBreaker(setting(verificationStatus=_entered_in_error(CONDITION_STATUS)), ("clinicalStatus",)),
    "cpl-3": InvariantBreaker(setting(reference={"reference": "Task/1"}), ("detail",)),
    "cpt-2": InvariantBreaker(setting(system=None), ("value",)),
    "dom-2": InvariantBreaker(_contained(contained=[{"resourceType": "Basic", "id": "x", "code": {"text": "x"}}])),
    "dom-3": InvariantBreaker(setting(contained=[{"resourceType": "Basic", "id": "nobody", "code": {"text": "x"}}])),
    "dom-4": InvariantBreaker(_contained(meta={"versionId": "1"})),
    "dom-5": InvariantBreaker(_contained(meta={"security": [CODING]})),
    "hasMemberOrComponent": InvariantBreaker(setting(hasMember=[{"reference": "Observation/1"}]), ("component",)),
    "ips-1": InvariantBreaker(lambda value: "2020"),
    "ips-2": InvariantBreaker(
        lambda o: [o.pop(n, None) for n in ("valueQuantity", "valueCodeableConcept", "valueString", "valueDateTime", "hasMember", "component", "dataAbsentReason")] and None
    ),
    "ips-3": InvariantBreaker(lambda o: [o["component"][0].pop(n, None) for n in list(o["component"][0]) if n != "code"] and None, ("component",)),
    "ips-comp-1": InvariantBreaker(setting(entry=None, emptyReason=None)),
    "ips-pat-1": InvariantBreaker(only(use="official")),
    "lst-1": InvariantBreaker(setting(emptyReason={"coding": [CODING]}), ("entry",)),
    "lst-2": InvariantBreaker(lambda one: one["entry"][0].update(deleted=True), ("entry",)),
    "lst-3": InvariantBreaker(lambda one: one["entry"][0].update(date="2024"), ("entry",)),
    "obs-3": InvariantBreaker(only(appliesTo=[{"text": "x"}])),
    "obs-6": InvariantBreaker(setting(dataAbsentReason={"text": "x"}), ("valueQuantity",)),
    "obs-7": InvariantBreaker(
        lambda o: o.update(component=[{"code": copy.deepcopy(o["code"]), "valueString": "x"}]), ("valueQuantity",)
    ),
    "org-1": InvariantBreaker(setting(identifier=None, name=None)),
    "org-2": InvariantBreaker(setting(use="home")),
    "org-3": InvariantBreaker(setting(use="home")),
    "pat-1": InvariantBreaker(only(gender="female")),
    "per-1": InvariantBreaker(lambda value: dict(PERIOD)),
    "ppc-1": InvariantBreaker(setting(policy=None, policyRule=None)),
    "qty-3": InvariantBreaker(setting(system=None), ("code",)),
    "ref-1": InvariantBreaker(setting(reference="#nobody"), ("reference",)),
    "sev-1": InvariantBreaker(setting(name="x", query="eA==")),
    "tim-1": InvariantBreaker(setting(duration=1, durationUnit=None)),
    "tim-2": InvariantBreaker(setting(period=1, periodUnit=None)),
    "tim-4": InvariantBreaker(setting(duration=-1, durationUnit="s")),
    "tim-5": InvariantBreaker(setting(period=-1, periodUnit="d")),
    "tim-6": InvariantBreaker(setting(periodMax=2, period=None)),
    "tim-7": InvariantBreaker(setting(durationMax=2, duration=None)),
    "tim-8": InvariantBreaker(setting(countMax=2, count=None)),
    "tim-9": InvariantBreaker(setting(offset=5, when=None)),
    "tim-10": InvariantBreaker(setting(timeOfDay=["08:00:00"], when=["CM"])),
    "txt-1": InvariantBreaker(lambda value: value.replace("</div>", "<script>x</script></div>") if isinstance(value, str) else None),
    "vs-1": InvariantBreaker(lambda value: "2020"),
    "vs-2": InvariantBreaker(setting(valueQuantity=None, component=None, dataAbsentReason=None)),
    "vs-3": InvariantBreaker(lambda c: [c.pop(n) for n in list(c) if n != "code"] and None),
}  # fmt: skip
