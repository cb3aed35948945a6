"""What a validation carries along: findings so far, places, and how references are followed.

A finding is noted once: the same place and key are not said twice, however many layers meet there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.fhir.codes import codings_of
from sandbox.fhir.json import Json, write_json
from sandbox.fhirpath import Budget, Environment, Node, OverBudget
from sandbox.fhirpath.xhtml import Xhtml
from sandbox.findings import Finding, Reason, Severity
from sandbox.limits import DOCUMENT_STEPS
from sandbox.terminology.asking import Asker
from sandbox.validation.bundles import Bundle
from sandbox.validation.knowledge import Knowledge
from sandbox.validation.primitives import CONTROL


# never changed; frozen would make each, and there are many, three times as dear
@dataclass(slots=True, eq=False)
class Place:
    """A node of the instance and where it stands; `resource` is the one around it, `full_url` its
    Bundle entry's.

    `container` holds the resource where that is a contained one; a resource on its own has none.
    """

    node: Node
    path: str
    resource: Node
    full_url: str = ""
    container: Node | None = None

    @property
    def root(self) -> Node:
        """The resource in which `#id` is looked up: the container, or the resource itself."""
        return self.container or self.resource

    def at(self, node: Node, step: str) -> Place:
        """Returns the place of a child."""
        return Place(node, f"{self.path}.{step}", self.resource, self.full_url, self.container)


class NotMet(Exception):
    """Ends a trial at its first error."""


@dataclass(slots=True)
class Validation:
    """One instance under judgement."""

    knowledge: Knowledge
    root: Node
    findings: dict[tuple[str, str, str], Finding] = field(default_factory=dict)
    conforming: dict[tuple[int, str], bool] = field(default_factory=dict)
    busy: set[tuple[int, str]] = field(default_factory=set)
    clean: set[tuple[int, str, str, int, int]] = field(default_factory=set)
    """Of what value, by which profile, nothing is to be said; with all that the verdict depends on
    beside these.
    """
    assumed: set[tuple[int, str]] = field(default_factory=set)
    """What was taken to meet a profile while that was being judged, as a circle of references led
    back to it.
    """
    kept: list[Callable[[], object]] = field(default_factory=list)
    """For what was found to be in order, the latest last, how it is forgotten."""
    noted: int = 0
    """How often something was noted, the same as before included; what a trial notes does not
    count.
    """
    faults: int = 0
    """How many of these were errors; the first one ends a trial."""
    bundle: Bundle | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    extensions: list[Place] = field(default_factory=list)
    """The extensions met on the way, to be judged by their own definitions."""
    asker: Asker | None = None
    """Who is asked for codes that are not at hand; nobody, unless the user says so."""
    extension_domains: tuple[str, ...] | None = None
    """Below which URLs an extension may lack a definition at hand; None: everywhere, as national
    ones are the rule.
    """
    references: dict[int, list[tuple[Place, str]]] = field(default_factory=dict)
    """Place and text of the literal references in each resource, what it contains included, by the
    identity of its value.
    """
    inner: list[Place] = field(default_factory=list)
    """The resources met within another one: contained, of a Bundle entry, of a parameter."""
    links: dict[int, Links] = field(default_factory=dict)
    """What points to and into each resource that is no contained one, by the identity of its
    value.
    """
    is_trial: bool = False
    """Whether the first error ends it: all that is asked then is whether there is one."""
    severities: set[Severity] = field(default_factory=set)
    """Of what was noted in a trial; its words are not made."""
    budget: Budget = field(default_factory=lambda: Budget(DOCUMENT_STEPS))
    narratives: dict[str, Xhtml] = field(default_factory=dict)
    """What was read of each narrative, by its text."""
    link_ids: dict[int, set[str]] = field(default_factory=dict)
    """What a `#` link may lead to, by the identity of a resource."""
    reason: Reason | None = None
    """Why the profile that is held against a place applies; None for the type's own rules and what
    is asked for.
    """
    judge_profile: Callable[[Validation, Place, str], None] | None = None
    """What `conformsTo` in an invariant asks; given by who begins, as profiles are judged by what
    stands here.
    """

    def links_of(self, place: Place) -> Links:
        """Returns what was met so far of ids and `#` references in the resource around, its
        contained ones included.
        """
        key = id(place.root.value)
        known = self.links.get(key)
        if known is None:
            known = self.links[key] = Links()
        return known

    def note(
        self,
        key: str,
        place: Place,
        *,
        severity: Severity = "error",
        clause: str = "",
        **params: Any,
    ) -> None:
        """Adds a finding, unless the same was said of the same place; ends a trial at an error."""
        self.noted += 1
        if self.is_trial:
            if severity == "error":
                raise NotMet
            self.severities.add(severity)
            return
        self.faults += severity == "error"
        key = f"validation.{key}"
        where = _printable(place.path)
        name = _printable(str(params.get("name", "")))
        if (key, where, name) in self.findings:
            return
        expected = str(params.pop("expected", ""))
        value_found = params.pop("found", "")
        value_found = _printable(
            value_found if isinstance(value_found, str) else write_json(value_found).decode()
        )
        params |= {word: _printable(text) for word, text in params.items() if isinstance(text, str)}
        self.findings[key, where, name] = Finding(
            id=key,
            severity=severity,
            key=key,
            params=params,
            where=where,
            expected=expected,
            found=value_found[:120],
            clause=clause,
            because=self.reason,
        )

    def note_unfinished(self, place: Place, error: OverBudget, name: str) -> None:
        """Notes that one rule took too much; raises the error again when nothing is left for any
        other rule.
        """
        if self.budget.is_spent:
            raise error
        self.note("not_finished", place, severity="warning", name=name, limit=error.params["limit"])

    def forget(self, key: tuple[int, str], since: int) -> None:
        """Forgets what was found to be in order while something was judged that is not, where that
        had been taken to be: it is judged anew when it is asked for again.

        Args:
            key: What is not in order.
            since: How much was kept when its judgement began.
        """
        if key in self.assumed:
            for undo in self.kept[since:]:
                undo()
            del self.kept[since:]

    def passes(self, judge: Callable[[], None]) -> bool:
        """Tells whether judging something notes no error; ends at the first one, and keeps nothing
        that was noted.
        """
        return self._trial(judge) is not None

    def end_trial(self) -> None:
        """Ends a trial at an error, before the words are sought in which it would be said."""
        if self.is_trial:
            raise NotMet

    def _trial(self, judge: Callable[[], None]) -> set[Severity] | None:
        """Returns the severities of what judging something notes, or None at its first error."""
        around = self.is_trial
        severities = self.severities
        noted = self.noted
        reason = self.reason
        self.is_trial = True
        self.severities = set()
        try:
            judge()
            return self.severities
        except NotMet:
            return None
        finally:
            self.is_trial = around
            self.severities = severities
            self.noted = noted
            self.reason = reason

    def environment(self, place: Place) -> Environment:
        """Returns what the invariants of a place may use."""
        constants = {"resource": place.resource, "context": place.node, "rootResource": place.root}
        return Environment(
            self.knowledge.types,
            constants=constants,
            resolve=lambda reference: self.resolve(reference, place),
            conforms=lambda node, profile: self._conforms(node, profile, place),
            member_of=self._is_member,
            now=self.now,
            budget=self.budget,
        )

    def _conforms(self, node: Node, profile: str, place: Place) -> bool | None:
        """Tells whether a value meets a profile; None where the profile, or what it asks for, is
        not known here.
        """
        judge = self.judge_profile
        if judge is None or self.knowledge.profile(profile) is None:
            return None
        at = self.place_of(node, place.path, place)
        severities = self._trial(lambda: judge(self, at, profile))
        if severities is None:
            return False
        return None if "information" in severities else True

    def _is_member(self, node: Node, value_set: str) -> bool | None:
        """Tells whether a code, or one coding of a concept, is in a value set; None where that is
        not known.
        """
        is_member = self.knowledge.terminology.is_member
        verdicts = [is_member(value_set, system, code) for system, code in codings_of(node.value)]
        return True if True in verdicts else None if None in verdicts else False

    def place_of(self, node: Node, path: str, around: Place) -> Place:
        """Returns the place of what was reached from another: a part of it, or what it refers to.

        A resource is its own `%resource`, and the references in it start from the fullUrl of its
        own entry (FHIR R4 bundle.html#references), wherever it was reached from.
        """
        value = node.value
        if value is around.resource.value:
            if path == around.path:  # asked of each profile: nearly always it stands there already
                return around
            return Place(node, path, node, around.full_url, around.container)
        if not (isinstance(value, dict) and "resourceType" in value):
            return Place(node, path, around.resource, around.full_url, around.container)
        entry = self.bundle.entry_of(node) if self.bundle else None
        if entry is None:  # contained in the resource around, or in one that is on its own
            container = around.root if _contains(around.root, value) else None
            return Place(node, path, node, around.full_url, container)
        container = None if entry.node.value is value else entry.node
        return Place(node, path, node, entry.full_url, container)

    def resolve(self, reference: str, place: Place) -> Node | None:
        """Follows a reference to a contained resource or within the Bundle (FHIR R4
        bundle.html#references).
        """
        if reference.startswith("#"):
            return contained_in(place.root, reference[1:])
        return self.bundle.find(reference, place.full_url) if self.bundle else None


@dataclass(slots=True)
class Links:
    """The ends of internal references in one resource, gathered while its elements are judged."""

    element_ids: set[tuple[int, str]] = field(default_factory=set)
    """The ids of elements, each with the identity of the contained resource, or of the container,
    that it is in.
    """
    narrative_ids: set[tuple[int, str]] = field(default_factory=set)
    """The ids within narratives, each with the identity of the resource that it is in."""
    contained_ids: set[str] = field(default_factory=set)
    referred: set[str] = field(default_factory=set)
    """The ids that a `#id` in the resource names, but for those in its narrative."""
    to_container: set[int] = field(default_factory=set)
    """The contained resources that refer to their container by `#`, by the identity of their
    value.
    """


def _contains(container: Node, resource: Json) -> bool:
    contained = container.value.get("contained") if isinstance(container.value, dict) else None
    return isinstance(contained, list) and any(each is resource for each in contained)


def contained_in(resource: Node, id: str) -> Node | None:
    """Returns the contained resource of an id, the resource itself for an empty one, or None."""
    contained = resource.value.get("contained") if id and isinstance(resource.value, dict) else None
    for inner in contained if isinstance(contained, list) else ():
        if isinstance(inner, dict) and inner.get("id") == id:
            return Node(inner, str(inner.get("resourceType")))
    return resource if not id else None


def _printable(text: str) -> str:
    """Writes control characters as JSON escapes them, so that a report in XML or on a terminal can
    carry them.
    """
    if text.isprintable():  # nearly all are
        return text
    return CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
