"""Which part of a lesson a test of the bench leads to: one that teaches what the test asks.

A test and its part share a word, which stands beside the pair and is read in both.  Where no part
speaks of what a test asks, there is none: a heading that has nothing to say about a failure costs
whoever follows it more than no link.
"""

from __future__ import annotations

import re
from functools import cache

from sandbox.i18n import ENGLISH, say
from sandbox.testbench.script import Test
from sandbox.testbench.tracks import TRACKS

# By lesson: a word, the number of the part that uses it as its English text does, and the ids of
# the tests that are meant, where others have the word for another reason.  The first that fits
# counts.
PARTS: dict[str, tuple[tuple[str, int, str], ...]] = {
    "01": (
        ("search", 5, ""), ("version", 6, ""), ("wrong", 8, ""), ("create", 2, ""),
    ),
    "02": (
        ("allerg", 3, ""), ("required", 1, ""), ("section", 1, r"\.sections$"),
        ("condition", 2, ""), ("medication", 4, ""), ("refer", 5, r"\.references$"),
        ("event", 8, "ruleset"), ("profile", 5, "meets_profile"),
        ("summary", 1, "summary_by_id$"), ("identifier", 2, "keeps_identity"),
        ("composition", 1, r"content\.|own_patient"), ("patient", 2, r"content\.patient"),
    ),
    "03": (
        ("hash", 3, ""), ("comprehensive", 9, ""), ("on demand", 7, ""), ("tolerate", 7, ""),
        ("status", 4, r"source\.status|not_current"), ("superseded", 8, r"responder"),
        ("replace", 8, ""), ("patient", 10, "two_patients|one_patient|somebody_else"),
        ("attachment", 10, "attachment_resolves|lost_document"), ("binary", 10, "no_binary"),
        ("attachment", 4, "one_attachment"), ("content type", 3, "no_content_type|types_agree"),
        ("nothing", 10, "all_or_nothing"), ("refuse", 10, "reason_told"),
        ("master identifier", 4, "source|recipient|simplified"),
        ("identifier", 4, "identifier_kinds"), ("subject", 4, r"simplified\.no_subject"),
        ("profile", 10, "recipient"), ("profile", 9, r"source\."),
        ("entry", 4, "response_shape"), ("stored", 4, "versions_told|readable"),
        ("where", 4, "recipient_takes"), ("transaction", 2, r"source\.transaction"),
        ("submission set", 2, "one_submission_set|lists_its|no_submission_set$|lists_what"),
        ("document reference", 2, "no_document_reference"), ("document", 2, "has_documents"),
        ("submission", 2, "allowed_entries|source_sends|minimal_json"),
        ("query", 5, "percent_encoded"), ("search", 5, "documents_by_patient|consumer_finds"),
        ("current", 5, "documents_of_patient"), ("address", 6, "follows_address|addresses"),
        ("bytes", 6, "consumer_retrieves"),
        ("document", 6, r"responder\.retrieved|fetched_as_fhir|generate\.fetched"),
    ),
    "04": (
        ("expand", 1, ""), ("value set", 1, r"by_url|readiness\.value_sets"),
        ("look", 2, "looked_up|code_systems"), ("validate", 3, ""), ("translate", 5, ""),
    ),
    "05": (
        ("picture", 2, ""), ("code", 2, "code_says"), ("prefix", 2, ""), ("envelope", 2, ""),
        ("batch number", 1, ""), ("answer", 1, "generates|keeps_content|invents|refuses"),
        ("certificate", 1, "generates"), ("list", 3, "trust_list"),
        ("signed", 3, r"code_signed|content\.signed"), ("in force", 3, "in_force"),
        ("field", 4, ""), ("form", 4, "dialect"),
    ),
    "06": (
        ("one certificate", 2, ""), ("files", 2, ""), ("pem", 2, ""), ("country", 2, "pki"),
        ("basic constraints", 2, ""), ("key usage", 2, r"onboarding\.key_usage"),
        ("key length", 2, ""), ("chain", 2, "pki"), ("validity", 2, "validity$"),
        ("path", 3, "gets_list"), ("listed", 4, "says_unlisted"), ("over", 4, "says_expired"),
        ("changed", 4, "says_changed"), ("valid", 4, "says_valid$"), ("authority", 7, ""),
        ("upload", 7, ""), ("list", 7, "terminated"), ("key", 7, "says_other_key"),
        ("id", 7, "says_other_id"), ("country", 7, "other_issuer|other_country"),
    ),
    "07": (
        ("wrong passcode", 4, ""), ("over", 4, "refuses_over$"), ("viewer", 5, "shows_viewer"),
        ("certificate", 5, "verifiable|carrier"), ("trust list", 5, "trust_list|shows_signed"),
        ("signed", 5, r"issuer\.signed"), ("key", 5, "unlisted"), ("who asks", 3, ""),
        ("passcode", 3, ""), ("sealed", 3, r"issuer\.sealed"), ("address", 3, "fetches_files"),
        ("manifest", 3, "has_manifest|asks_by_post"), ("end", 1, "link_ends"),
        ("link", 1, "holds_link|link_written"),
    ),
    "11": (
        ("taken back", 8, ""), ("backwards", 2, ""), ("fold", 2, ""), ("checksum", 1, ""),
        ("did", 1, "encodes"), ("proof", 4, r"content\.proof"), ("2023", 4, "of_2023"),
        ("need", 3, "only_essentials"), ("offer", 5, ""), ("pin", 5, "pin|gives_token"),
        ("once", 5, "code_once"), ("dcql", 6, ""), ("aud", 7, "verifier"),
        ("hash", 7, "verifier"), ("nonce", 7, "verifier"), ("nonce", 6, r"vp\.wallet"),
        ("nonce", 5, ""), ("proof", 5, r"vci\.issuer"), ("key", 5, "proves_key|gives_credential"),
        ("signature", 7, "holder_signature"), ("same answer", 7, ""),
        ("asked", 6, "shows_selected"), ("claim", 6, "shows_nothing_of"),
    ),
    "13": (
        ("family", 1, ""), ("date of birth", 1, ""), ("given", 1, "by_given"),
        ("sure", 1, ""), ("nobody", 2, r"supplier\.nobody"), ("search", 1, "asks_for_somebody"),
    ),
}  # fmt: skip
JOINED = re.compile(r"(?<=[a-z])(?=[A-Z])")


def words_of(text: str) -> str:
    """Returns a text in which names of FHIR are words, to look for one in it."""
    return re.sub(r"[_\s]+", " ", JOINED.sub(" ", text)).casefold()


@cache
def shared_word(id: str) -> tuple[str, int]:
    """Returns the word that a test shares with a part of its lesson, and the number of the part;
    "" and 0 where no part speaks of what it asks.

    Args:
        id: Of the test.
    """
    for track in TRACKS.values():
        for test in track.tests:
            if test.id == id:
                return _shared(test, say(track.title_of(test), ENGLISH))
    return "", 0


def _shared(test: Test, title: str) -> tuple[str, int]:
    about = words_of(f"{test.id.rpartition('.')[2]} {test.clause} {title}")
    for word, number, ids in PARTS.get(test.lesson, ()):
        if word in about and re.search(ids, test.id):
            return word, number
    return "", 0


def lesson_part(id: str) -> str:
    """Returns the anchor of the part that a test leads to by its id, `part-3`; "" for none."""
    _, number = shared_word(id)
    return part_anchor(number) if number else ""


def part_anchor(number: int | str) -> str:
    """Returns the id that a numbered part of a lesson has on its page."""
    return f"part-{number}"
