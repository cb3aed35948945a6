"""Contained resources and ids within a resource (FHIR R4 references.html#contained,
element.html#id).

The ends of `#` references are gathered while the elements are judged, so that nothing is walked
twice.
"""

from __future__ import annotations

from sandbox.fhir.json import as_list
from sandbox.validation.context import Place, Validation
from sandbox.validation.narratives import BLANK, note_id_twice, read_narratives

CONTAINED = "FHIR R4 references.html#contained"
ELEMENT_ID = "FHIR R4 element.html#id"
REFERRING = frozenset({"uri", "url", "canonical"})
# Snapshot and differential of a definition name the same elements by the same ids (FHIR R4
# elementdefinition.html#id).
REPEATING_IDS = frozenset({"StructureDefinition"})


def judge_contained(validation: Validation, place: Place) -> None:
    """Asks a contained resource for an id that no other one in its container has."""
    own = place.node.value.get("id")
    if not isinstance(own, str) or not own:
        validation.note("no_contained_id", place, clause=CONTAINED, found=place.node.type)
        return
    ids = validation.links_of(place).contained_ids
    if own in ids:
        validation.note(
            "contained_id_twice", place.at(place.node, "id"), clause=CONTAINED, found=own
        )
    ids.add(own)


def judge_element_id(validation: Validation, place: Place) -> None:
    """Refuses blanks, and looks for a second element with the same id; no reader can tell which one
    `#id` means.
    """
    own = place.node.value["id"]
    if not isinstance(own, str):
        return
    if BLANK.search(own):
        validation.note("element_id_blank", place, clause=ELEMENT_ID, found=own)
    if place.resource.type in REPEATING_IDS:
        return
    links = validation.links_of(place)
    key = (id(place.resource.value), own)
    if key in links.narrative_ids:
        note_id_twice(validation, place, own)
    elif key in links.element_ids:
        validation.note("element_id_twice", place, severity="warning", clause=ELEMENT_ID, found=own)
    links.element_ids.add(key)


def gather_reference(validation: Validation, place: Place, type: str) -> None:
    """Keeps the `#id` of a reference, canonical, uri or url for dom-3."""
    if type in REFERRING or place.path.endswith(".reference"):
        links = validation.links_of(place)
        links.referred.add(place.node.value[1:])
        if place.node.value == "#":
            links.to_container.add(id(place.resource.value))


def judge_reach_of_contained(validation: Validation, place: Place) -> None:
    """Holds dom-3: a contained resource is referred to from elsewhere in the resource, or refers to
    its container.

    The expression of dom-3 does not look into the narrative, though its sentence ("referred to from
    elsewhere in the resource") takes it in, and narrative.html lets an image come from a contained
    Binary: so the sentence is held.
    """
    contained = [
        each for each in as_list(place.node.value.get("contained")) if isinstance(each, dict)
    ]
    if not contained:
        return
    links = validation.links_of(place)
    lost = [
        (index, each)
        for index, each in enumerate(as_list(place.node.value["contained"]))
        if isinstance(each, dict)
        and isinstance(each.get("id"), str)
        and each["id"] not in links.referred
        and id(each) not in links.to_container
    ]
    shown = read_narratives(validation, place.node.value).links if lost else ()
    for index, each in lost:
        if each["id"] not in shown:
            at = place.at(place.node, f"contained[{index}]")
            validation.note(
                "unreferenced", at, clause="FHIR R4 dom-3", name="dom-3", found=each["id"]
            )
