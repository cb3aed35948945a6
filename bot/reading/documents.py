"""Documents within a message: JSON, XML, certificates, credentials and links, known by their look.
Pure.

Each look costs one pass: whoever pastes a long text holds up nobody.
"""

from __future__ import annotations

import re

FENCE = "```"
# an object or a list of them begins with a name, also where an editor has curled its quotes
JSON_BEGIN = re.compile(r"(?:\[\s{0,40})?\{\s{0,80}[\"“”]")
XML_BEGIN = re.compile(r"<(?:\?xml|!doctype|[A-Za-z][\w:.-]{0,60}[\s/>])", re.IGNORECASE)
XML_MARKS = ("xmlns", "<?xml", "<!doctype")
CODED = re.compile(r"(?:HC1|B64):[0-9A-Za-z $%*+./=:\-]{20,}|shc:/[\d/]{20,}")
COMPACT = re.compile(r"eyJ[\w-]+\.[\w-]*\.[\w-]*(?:~\S*)?", re.ASCII)
HEALTH_LINKS = ("shlink:/", "vhlink:/")
SCHEMES = ("openid-credential-offer:", "openid4vp:", "haip-vci:", "haip-vp:")
# what a link of the web asks for, where a wallet has a page
OFFERED = ("credential_offer=", "credential_offer_uri=")
REQUESTED = ("request_uri=", "dcql_query=")


def document_in(text: str) -> str:
    """Returns the document that a message holds.

    Args:
        text: The whole message.

    Returns:
        The document as it was sent; empty for none.
    """
    found = _json_in(text) or _xml_in(text)
    if found:
        return found.replace(FENCE, "").strip()
    coded = CODED.search(text)
    if coded:
        return coded[0].strip()
    words = (word.strip("`*_\"'“”«»()<>,;") for word in text.split())
    return next((word for word in words if _is_held(word)), "")


def _json_in(text: str) -> str:
    begin = JSON_BEGIN.search(text)
    if begin is None:
        return ""
    end = text.rfind("]" if begin[0].startswith("[") else "}")
    # one that was cut off is judged as far as it goes
    return text[begin.start() : end + 1 if end > begin.start() else len(text)]


def _xml_in(text: str) -> str:
    begin = XML_BEGIN.search(text)
    plain = text.casefold()
    if begin is None or not any(mark in plain for mark in XML_MARKS):
        return ""
    return text[begin.start() : text.rfind(">") + 1]


def _is_held(word: str) -> bool:
    """Tells whether a word is a credential, an offer, a request or a health link."""
    if any(link in word for link in HEALTH_LINKS) or word.lower().startswith(SCHEMES):
        return True
    is_request = "client_id=" in word and any(name in word for name in REQUESTED)
    is_offer = any(name in word for name in OFFERED)
    return is_request or is_offer or COMPACT.fullmatch(word) is not None
