import json
import re
from pathlib import Path

from sandbox.pages.judgement import judgement_page
from sandbox.validation import validate_source
from tests.builders import a_patient

HOSTILE = a_patient(gender="<script>alert(1)</script>", name=[{"text": "x"}] * 40, birthDate="1958")


def page(body: bytes, *, language: str = "es") -> str:
    return judgement_page([("a<b>.json", body, validate_source(body))], language)  # type: ignore[arg-type]  # one of ours


def test_a_finding_stands_behind_the_line_that_it_speaks_of() -> None:
    body = json.dumps(HOSTILE, indent=1).encode()
    line = next(n for n, text in enumerate(body.decode().splitlines(), 1) if "gender" in text)
    html = page(body)
    assert re.search(
        rf'marked"><span class="number">{line}</span>.*?no está en el conjunto de valores',
        html,
        re.DOTALL,
    )
    assert "en la línea " + str(line) in html


def test_nothing_of_a_document_is_markup_on_the_page() -> None:
    html = page(json.dumps(HOSTILE, indent=1).encode())
    assert "<script" not in html
    assert "a<b>" not in html
    assert "&lt;script&gt;" in html
    assert "default-src 'none'" in html


def test_lines_without_findings_are_folded_and_none_is_lost() -> None:
    body = json.dumps(HOSTILE, indent=1).encode()
    html = page(body)
    assert "<details" in html
    numbers = [int(number) for number in re.findall(r'class="number">(\d+)<', html)]
    assert numbers == list(range(1, len(body.splitlines()) + 1))


def test_a_document_on_one_line_is_written_anew() -> None:
    html = page(json.dumps(HOSTILE).encode())
    assert len(re.findall(r'class="number"', html)) > 20
    assert "en la línea" in html


def test_a_right_and_an_unreadable_document_have_their_verdicts() -> None:
    assert "✓" in page(json.dumps(a_patient(), indent=1).encode())
    assert "✗" in page(b"{")
    assert "✗" in page(b"")


def test_the_page_of_each_language_holds_no_other(tmp_path: Path) -> None:
    body = json.dumps(HOSTILE, indent=1).encode()
    assert "Next step" in page(body, language="en")
    assert "Próximo passo" in page(body, language="pt")
    assert "Siguiente paso" in page(body, language="es")
