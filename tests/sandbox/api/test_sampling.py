"""What somebody shares is known by how it reads, not by what it is called."""

from __future__ import annotations

import pytest

from sandbox.api.sampling import kind_of, text_of_sample
from sandbox.certificates.qr import png_of
from tests.sandbox.certificates.test_links import a_link
from tests.sandbox.credentials.making import sdjwt


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"resourceType": "Bundle"}', "document"),
        ("\ufeff<Bundle/>", "document"),
        # a document may speak of credentials and is none
        ('{"resourceType": "Basic", "type": ["VerifiableCredential"]}', "document"),
        ('{"type": ["VerifiableCredential"]}', "credential"),
        (sdjwt(), "credential"),
        (a_link(), "link"),
        ("HC1:6BF", "certificate"),
        ("shc:/5676", "certificate"),
        ("", "document"),
    ],
)
def test_a_kind_is_known_by_the_text(text: str, kind: str) -> None:
    assert kind_of(text.encode()) == kind


def test_a_picture_is_the_text_of_its_code_and_a_text_stays_as_it_is() -> None:
    assert text_of_sample(png_of("HC1:6BF ")) == b"HC1:6BF "
    assert text_of_sample(b"HC1:6BF ") == b"HC1:6BF "
