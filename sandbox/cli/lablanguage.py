"""JupyterLab's own language: that of the lessons, where a pack of it is installed."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

from sandbox.fhir.json import Json, write_json
from sandbox.i18n import Language

GROUP = "jupyterlab.languagepack"
SETTING = "@jupyterlab/translation-extension:plugin"


def locale_of(language: Language) -> str:
    """Returns the locale of Lab's pack of a language, such as `es_ES`; empty where there is none,
    as for English, which Lab speaks by itself.
    """
    wanted = language.replace("-", "_").lower()
    locales = sorted(pack.name for pack in entry_points(group=GROUP))
    same = [locale for locale in locales if locale.lower() == wanted]
    alike = [locale for locale in locales if locale.partition("_")[0] == wanted.partition("_")[0]]
    return next(iter(same or alike), "")


def configuration_of(language: Language, folder: Path) -> Path:
    """Writes Lab's default language, which a learner may change in Lab's own settings.

    Args:
        language: That of the lessons.
        folder: Where it is kept; Jupyter takes it as a folder of configuration.

    Returns:
        The folder.
    """
    file = folder / "labconfig" / "default_setting_overrides.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    locale = locale_of(language)
    settings: Json = {SETTING: {"locale": locale}} if locale else {}
    file.write_bytes(write_json(settings))
    return folder
