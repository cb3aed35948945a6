"""Findings as sentences: what is wrong and what to do next, in the reader's language.

An invariant is explained in our words where the catalogue `invariants` has them, else in the words
of its author; how a value of each primitive type is written stands in the catalogue `primitives`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sandbox.findings import Finding
from sandbox.i18n import Language, has_message, say
from sandbox.unanswered import why_unanswered

Sentence = Callable[[Finding, Language], str]
"""Says something of a finding in a language."""
# R4 asks for a name that programs can use of each definitional resource, under a key for each:
# lib-0, vsd-0, ...
COMPUTER_NAME = re.compile(r"^[a-z]{2,3}-0$")
OF_A_PRIMITIVE = frozenset({"validation.primitive_format", "validation.primitive_kind"})
PUBLIC = frozenset({"human", "needed", "test", "transaction"})  # what is ours, and nobody's data
IN_PUBLIC = "public_"
"""Begins the name of a parameter that stands for another where others read along."""
MISSING_INPUT = "testbench.missing_input"
OPTION = "floor.option."
"""Begins the key of what a system affirms, in words."""
NOTHING = "–"
"""Stands in a finding where something was looked for and nothing there."""
UNANSWERED = frozenset(
    {"testbench.unreachable", "access.unreachable", "access.token_unreachable"}
    | {"access.agent_failed", "looks.unreachable", "wallet.no_reply"}
)
"""Those whose `reason` is what a client library says of an address that gave no answer."""
ADDRESSES = ("endpoint", "address", "base")


def text_of(finding: Finding, language: Language) -> str:
    """Returns what is wrong."""
    return say(_key(finding, "text"), language, **_values(finding, language))


def fix_of(finding: Finding, language: Language) -> str:
    """Returns what to do next."""
    key = _key(finding, "fix")
    with_example = f"{key}_example"
    has_example = finding.params.get("example") and has_message(with_example)
    return say(with_example if has_example else key, language, **finding.values)


def page_fix_of(finding: Finding, language: Language) -> str:
    """Returns what to do next for somebody who has a browser and no command line.

    Args:
        finding: What is wrong.
        language: Of the reader.

    Returns:
        The sentence for pages where the catalogue has one, else the one for all doors.
    """
    key = f"{_catalogued(finding)}.on_page"
    return say(key, language, **finding.values) if has_message(key) else fix_of(finding, language)


def why_of(finding: Finding, language: Language) -> str:
    """Returns why the profile of the clause applies, or an empty text where the user asked for
    it.
    """
    because = finding.because
    return (
        say(f"reports.because_{because.kind}", language, subject=because.subject) if because else ""
    )


def cited(finding: Finding, language: Language) -> str:
    """Returns the clause with why its profile applies, or an empty text where there is none."""
    return "; ".join(filter(None, [finding.clause, why_of(finding, language)]))


def public_text_of(finding: Finding, language: Language) -> str:
    """Returns what is wrong without any value: for places where others read along, such as a
    chat.
    """
    return say(_key(finding, "text"), language, **_hidden(finding, language))


def public_fix_of(finding: Finding, language: Language) -> str:
    """Returns what to do next without any value."""
    return say(_key(finding, "fix"), language, **_hidden(finding, language))


def has_public_text(finding: Finding) -> bool:
    """Tells whether a refusal says what a system sent, and how it is told where others read."""
    return any(name.startswith(IN_PUBLIC) for name in finding.params)


def _hidden(finding: Finding, language: Language) -> dict[str, object]:
    values = _values(finding, language)
    # a text in several languages is ours, unless another stands for it in public
    ours = PUBLIC | {"name"} if finding.key == MISSING_INPUT else PUBLIC
    shown = {
        name: value if name in ours or isinstance(value, Mapping) else _hiding(name, language)
        for name, value in values.items()
    }
    instead = {name: values[IN_PUBLIC + name] for name in values if IN_PUBLIC + name in values}
    return {**shown, **instead}


def _hiding(name: str, language: Language) -> str:
    """Returns what stands for a value: what it is, so that the sentence does not seem cut."""
    key = f"reports.hidden_{name}"
    return say(key if has_message(key) else "reports.hidden", language)


def _values(finding: Finding, language: Language) -> dict[str, object]:
    """Returns what fills the sentence: the role of a person or a system in words, why no answer
    came, an input that is lacking by what it is, and nothing where there was nothing.
    """
    values = finding.values
    actor = f"actors.{values.get('actor')}"
    # who writes a plan writes ids
    if has_message(actor) and not finding.key.startswith("plan."):
        values["actor"] = say(actor, language)
    if finding.key in UNANSWERED:
        asked = str(next(filter(None, map(values.get, ADDRESSES)), finding.where))
        values["reason"] = why_unanswered(str(values.get("reason", "")), asked, language).rstrip(
            "."
        )
    role = f"people.role.{values.get('role')}"
    if has_message(role):
        values["role"] = say(role, language)
    if "transaction" in values:
        values["transaction"] = transaction_name(str(values["transaction"]), language)
    if finding.key == MISSING_INPUT:
        names = str(values["name"])
        values["needed"] = re.sub(r"\w+", lambda word: _described(word[0], language), names)
    nothing = say("reports.nothing", language)
    return {name: nothing if value == NOTHING else value for name, value in values.items()}


def transaction_name(name: str, language: Language) -> str:
    """Returns what people call what an inbox waits for; the number of a transaction as it is."""
    key = f"testbench.transaction.{name.lower().replace(' ', '_')}"
    return say(key, language) if has_message(key) else name


def _described(name: str, language: Language) -> str:
    """Returns what an input is; what a system only affirms, as a form asks it."""
    option = f"{OPTION}{name}"
    if has_message(option):
        words = say(option, language)
        return words[:1].lower() + words[1:]
    key = f"testbench.input.{name}"
    return say(key, language) if has_message(key) else name


def _is_option(names: str) -> bool:
    """Tells whether all that is lacking is something that a system only affirms."""
    return all(has_message(f"{OPTION}{name}") for name in re.findall(r"\w+", names))


def _key(finding: Finding, part: str) -> str:
    """Returns the key of a finding's sentence: the one of its rule or type where a catalogue has
    it.
    """
    own = f"{_catalogued(finding)}.{part}"
    return own if has_message(own) else f"{finding.key}.{part}"


def _catalogued(finding: Finding) -> str:
    """Returns where the own sentences of a finding would stand."""
    if finding.key == "validation.invariant":
        name = str(finding.params.get("name"))
        return f"invariants.{COMPUTER_NAME.sub('computer-name', name)}"
    if finding.key == MISSING_INPUT and _is_option(str(finding.params.get("name"))):
        return "testbench.undeclared"
    if finding.key in OF_A_PRIMITIVE:
        return f"primitives.{finding.expected}"
    return finding.key
