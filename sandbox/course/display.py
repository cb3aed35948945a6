"""The notebook around a lesson: shows cards and exchanges, adds the hint button, detects the
language.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sandbox.course.cards import Card
from sandbox.course.panels import exchange_html, exchange_text
from sandbox.exchange import Exchange
from sandbox.i18n import LANGUAGES, Language, as_language, language_of_environment


def language_of_notebook() -> Language:
    """Returns CONNECTATHON_LANG, else the language folder that holds the notebook, else that of the
    environment.

    Code cells are the same in all languages, so the notebook itself cannot say it; Jupyter tells
    the path in JPY_SESSION_NAME, and the kernel works in the notebook's folder.
    """
    chosen = os.environ.get("CONNECTATHON_LANG")
    if chosen:
        return as_language(chosen)
    for place in (os.environ.get("JPY_SESSION_NAME", ""), str(Path.cwd() / "notebook.ipynb")):
        folder = Path(place).parent.name
        if folder in LANGUAGES:
            return as_language(folder)
    return language_of_environment()


def show(card: Card) -> None:
    """Displays a card in a notebook, prints it elsewhere."""
    if _shell() is None:
        print(card)  # noqa: T201  (outside a notebook the terminal is the display)
        return
    _display(card)


def show_exchanges(language: Language) -> None:
    """Teaches the notebook to show any Exchange that a cell ends with."""
    shell = _shell()
    if shell is None:
        return
    formatters = shell.display_formatter.formatters
    formatters["text/html"].for_type(Exchange, lambda exchange: exchange_html(exchange, language))
    formatters["text/plain"].for_type(
        Exchange, lambda exchange, printer, cycle: printer.text(exchange_text(exchange, language))
    )


def show_failures(language: Language, exchanges: Callable[[], Sequence[Exchange]]) -> None:
    """Teaches the notebook to explain what a learner's own cell raises.

    Args:
        language: Of the learner.
        exchanges: Gives what the lesson's client sent so far.
    """
    shell = _shell()
    if shell is None:
        return

    def explain(
        shell: Any, kind: type, error: BaseException, tb: Any, tb_offset: Any = None
    ) -> Any:
        # what renders itself is explained already; what is IPython's own is not the learner's
        if hasattr(error, "_render_traceback_") or kind.__module__.startswith("IPython"):
            shell.showtraceback((kind, error, tb))
            return []
        from sandbox.course.failures import failure_card

        _display(failure_card(error, language, exchanges=exchanges()))
        # the notebook must know that the cell failed: it stops, and the grader sees why
        line = [f"{kind.__name__}: {error}"]
        shell._showtraceback(kind, error, line)
        return line

    shell.set_custom_exc((Exception,), explain)


def hint_button(label: str, next_hint: Callable[[], Card]) -> None:
    """Adds a button to a notebook that opens one hint after the other.

    Without widgets nothing is added: the card already names `L.hint`.
    """
    if _shell() is None or os.environ.get("CONNECTATHON_WIDGETS") == "off":
        return
    import ipywidgets

    hints = ipywidgets.Output()
    button = ipywidgets.Button(
        description=label, icon="lightbulb-o", layout=ipywidgets.Layout(width="auto")
    )

    def open_hint(_: Any) -> None:
        card = next_hint()
        with hints:
            _display(card)

    button.on_click(open_hint)
    _display(ipywidgets.VBox([button, hints], layout=ipywidgets.Layout(align_items="flex-start")))


def _display(shown: object) -> None:
    from IPython import display as notebook

    publish: Callable[[object], object] = notebook.display
    publish(shown)


def _shell() -> Any:
    """Returns the kernel's shell, or None in a plain Python or a terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if shell is not None and hasattr(shell, "kernel") else None
