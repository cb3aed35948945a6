"""Health links issued by this sandbox: created, requested, opened and withdrawn."""

from sandbox.sharing.links import LinkOptions, Links, LinkState, Opened, Shared, SharedFile

__all__ = ["LinkOptions", "LinkState", "Links", "Opened", "Shared", "SharedFile"]
