"""`connectathon merge`: one International Patient Summary of two, each resource with where it comes
from.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Lang
from sandbox.i18n import as_language


def merge(
    first: Annotated[Path, typer.Argument(help=tell("merge.first"))],
    second: Annotated[Path, typer.Argument(help=tell("merge.second"))],
    lang: Lang = LANGUAGE,
) -> None:
    """Prints the merged document as JSON.

    Raises:
        InvalidResource: A file is not a document Bundle.
    """
    from sandbox.clock import utc_now
    from sandbox.fhir.json import parse_json, write_json
    from sandbox.ips import SummaryOptions
    from sandbox.ips import merge as merged

    for file in (first, second):
        if not file.is_file():
            raise typer.BadParameter(tell("data.no_file", file=file), param_hint="FILES")
    options = SummaryOptions("urn:connectathon-sandbox", utc_now(), as_language(lang))
    document = merged(parse_json(first.read_bytes()), parse_json(second.read_bytes()), options)
    sys.stdout.buffer.write(write_json(document, pretty=True) + b"\n")
