"""`connectathon view`: a document as a page for people, from its entries; made by anybody, trusted
by nobody.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Lang
from sandbox.i18n import as_language


def view(
    file: Annotated[Path, typer.Argument(help=tell("view.file"))],
    lang: Lang = LANGUAGE,
) -> None:
    """Prints one self-contained HTML page.

    Raises:
        InvalidContent: The file is neither JSON nor XML.
    """
    from sandbox.definitions.xml import read_xml
    from sandbox.fhir.json import parse_json
    from sandbox.pages.document import document_page
    from sandbox.validation import knowledge_at_hand

    if not file.is_file():
        raise typer.BadParameter(tell("data.no_file", file=file), param_hint="FILE")
    body = file.read_bytes()
    # Some editors put a byte order mark at the start of a file.
    is_xml = body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    bundle = read_xml(body, knowledge_at_hand().types) if is_xml else parse_json(body)
    print(document_page(bundle, as_language(lang)))
