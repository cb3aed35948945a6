"""The terms of the trust network in its DID documents: domain, participant and keyusage, which its
own JSON-LD context defines, one for each environment (GDHCN tng-context v1, a draft).

The context is not shipped, since its licence asks for the same of whoever ships it: its terms are
read by their names, and its address tells for which environment a list was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from sandbox.findings import Finding
from sandbox.trust.entries import note
from sandbox.trust.fetching import environments

CONTEXT = re.compile(
    r"https://(?:smart\.who\.int/trust|worldhealthorganization\.github\.io/smart-trust)"
    r"/tng-context/v1(?:-(DEV|UAT))?(?:\.jsonld)?"
)
CODES = re.compile(r".*/ValueSet-(?:Domains|Participants|KeyUsage)(?:-(DEV|UAT))?(?:\.jsonld)?")
GOVERNANCE = "GDHCN certificate governance"
PRODUCTION = "PROD"
"""What has no environment in its address."""


def code_of(value: Any) -> str:
    """Returns the word of a term: a text, `{"code": "#DSC"}`, or the whole address of a code, as
    the context spells it out.
    """
    code = value.get("code") if isinstance(value, Mapping) else value
    if not isinstance(code, str):
        return ""
    head, mark, fragment = code.rpartition("#")
    return (fragment if mark and (not head or CODES.fullmatch(head)) else code).strip()


def judge_terms(document: Mapping[str, Any]) -> Iterator[Finding]:
    """Yields where a list was written for another environment than the one that publishes it.

    Keys are never shared between environments: a list of tests in production would have people's
    documents signed by keys that anybody may have.
    """
    expected = _environment_of_host(str(document.get("id")))
    if not expected:
        return
    for where, address in _addresses(document):
        met = CONTEXT.fullmatch(address) or CODES.fullmatch(address.partition("#")[0])
        if met is None:
            continue
        environment = met.group(1) or PRODUCTION
        if environment != expected:
            yield note(
                "other_environment",
                "error",
                where=where,
                expected=expected,
                found=environment,
                clause=GOVERNANCE,
            )


def _addresses(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yields the contexts of a list, and the addresses by which its entries name codes."""
    contexts = document.get("@context")
    for context in contexts if isinstance(contexts, list) else [contexts]:
        if isinstance(context, str):
            yield "@context", context
    methods = document.get("verificationMethod")
    for number, method in enumerate(methods if isinstance(methods, list) else ()):
        for word in ("domain", "participant", "keyusage"):
            term = method.get(word) if isinstance(method, Mapping) else None
            code = term.get("code") if isinstance(term, Mapping) else term
            if isinstance(code, str) and "#" in code:
                yield f"verificationMethod[{number}].{word}", code


def _environment_of_host(name: str) -> str:
    """Returns the environment whose host publishes a list, by the list's DID; empty for another."""
    host = unquote(name.removeprefix("did:web:").partition(":")[0])
    hosts = {urlsplit(address).netloc: known for known, address in environments().items()}
    return hosts.get(host, "")
