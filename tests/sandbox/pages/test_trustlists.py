"""A pasted list is shown with each kind of fault once, in the reader's language; addresses go through the guard."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.i18n import LANGUAGES, Language, say
from tests.conftest import a_sandbox
from tests.sandbox.trust.test_entries import FAULTS, a_list


@pytest.mark.parametrize("fault", FAULTS)
def test_each_kind_of_fault_is_told_in_spanish(fault: str, tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        right = client.post("/trust/list?lang=es", data={"text": json.dumps(a_list())}).text
        wrong = client.post(
            "/trust/list?lang=es", data={"text": json.dumps(a_list(FAULTS[fault]))}
        ).text
    words = say(f"trust.{fault}.fix", "es").split("{")[0].partition(";")[0][:40]
    assert (words in right, words in wrong) == (False, True)
    assert "<b>Error:</b>" not in right
    assert ("<b>Error:</b>" in wrong, "verificationMethod[0]" in wrong) == (True, True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_faults_of_one_kind_stand_together(language: Language, tmp_path: Path) -> None:
    document = a_list()
    for entry in document["verificationMethod"]:
        entry["participant"] = {"code": "#URY"}
    with a_sandbox(tmp_path) as client:
        page = client.post(f"/trust/list?lang={language}", data={"text": json.dumps(document)}).text
        assert say("trustlist.title", language) in client.get(f"/trust/list?lang={language}").text
    assert say("trustlist.more", language, count=3) in page
    assert page.count(say("trust.other_country.fix", language)[:30]) == 1


def test_what_is_no_list_is_told_and_nothing_private_is_asked(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        for form, status in (
            ({"text": "{"}, 200), ({"text": "eyJ.x.y"}, 200), ({"text": " "}, 400), ({"place": "nowhere"}, 400),
            ({"place": "http://127.0.0.1:9/did.json"}, 400), ({"place": "http://169.254.169.254/x"}, 400),
        ):  # fmt: skip
            reply = client.post("/trust/list?lang=es", data=form)
            assert (reply.status_code, "Traceback" in reply.text) == (status, False), form
