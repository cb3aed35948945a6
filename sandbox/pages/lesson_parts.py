"""Which part of a lesson a test of the bench leads to: the one that teaches what the test asks."""

from __future__ import annotations

import re
from functools import cache

from sandbox.testbench.script import Test
from sandbox.testbench.tracks import TRACKS

# By lesson: what is found in the id of a test or in its clause, and the number of the part, as it
# stands before the heading.  The first that is found counts; the last of each takes the rest.
PARTS = {
    "01": (
        (r"found_by", 5), (r"stale", 6), (r"missing", 8), (r"life_of|refused", 2), (r"", 1),
    ),
    "02": (
        (r"ruleset", 8), (r"required_sections|sections|composition$", 1), (r"allergies", 3),
        (r"keeps_|facts|problems|medications|immunizations|procedures|results|devices|people", 2),
        (r"", 4),
    ),
    "03": (
        (r"hash|attachment_resolves|lost_document", 3),
        (r"4\.65\.4\.1\.2\.3|replaced|superseded|appends", 8),
        (r"tolerates", 7), (r"Comprehensive|comprehensive|uncontained", 9),
        (r"4\.68|retrieve|on_demand|addresses|reading", 6),
        (r"4\.66|4\.67|format|capabilities", 5),
        (r"minimal|4\.65\.4\.2\.2|4\.65\.4\.1\.3|4\.105|4\.106|published", 4), (r"", 2),
    ),
    "04": (
        (r"3\.101|3\.100", 5), (r"3\.98$", 2), (r"3\.99", 3), (r"3\.96", 4), (r"", 1),
    ),
    "05": (
        (r"trust_list|signed|key_usage", 3), (r"in_force|within_key", 6),
        (r"readable|prefix|envelope|claims|code_says|has_code", 2),
        (r"dialect|fields|icvp\.content|only_essentials", 4), (r"", 1),
    ),
    "06": (
        (r"pki\.onboarding\.(files|pem|one_certificate|country|chain|subject)", 2),
        (r"pki\.onboarding", 1), (r"gets_list|asks_for_json|list_before", 3),
        (r"authority|upload|tls|broken_chain|self_issued|terminated|other_", 7), (r"", 4),
    ),
    "07": (
        (r"VHL|HCERT|trust_list", 5), (r"vhl\.issuer\.(holds_link|link_|long_)", 1),
        (r"refuses|wrong_passcode|no_other", 4), (r"vhl\.issuer", 2), (r"", 3),
    ),
    "11": (
        (r"revo|status", 8), (r"vc\.peers\.verifier|vp\.verifier", 7), (r"vp\.|wallet_shows", 6),
        (r"did\.registry\.(encodes|checks|agrees)|has_did|has_manager", 1),
        (r"did\.registry|owner_of_key|trust|reaches_root|registers", 2),
        (r"data_model|only_essentials|of_2023", 3), (r"proof$|in_force", 4), (r"", 5),
    ),
    "13": ((r"", 1),),
}  # fmt: skip


def anchor_of(test: Test) -> str:
    """Returns the anchor of the part that a test leads to, `part-3`; "" for the lesson's head."""
    about = f"{test.id} {test.clause}"
    rules = PARTS.get(test.lesson, ())
    number = next((number for pattern, number in rules if re.search(pattern, about)), 0)
    return part_anchor(number) if number else ""


@cache
def lesson_part(id: str) -> str:
    """Returns the anchor of the part that a test leads to by its id; "" for the lesson's head."""
    tests = (test for track in TRACKS.values() for test in track.tests)
    return next((anchor_of(test) for test in tests if test.id == id), "")


def part_anchor(number: int | str) -> str:
    """Returns the id that a numbered part of a lesson has on its page."""
    return f"part-{number}"
