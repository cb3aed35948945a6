"""The interactions, one file each; importing this package registers them all."""

from sandbox.server.interactions import (
    bundles,
    capabilities,
    changing,
    history,
    patching,
    reading,
    search,
)

__all__ = ["bundles", "capabilities", "changing", "history", "patching", "reading", "search"]
