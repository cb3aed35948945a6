"""Health links that this sandbox gives out: made, asked for, opened, taken back."""

from sandbox.sharing.links import LinkOptions, Links, Opened, Shared, SharedFile

__all__ = ["LinkOptions", "Links", "Opened", "Shared", "SharedFile"]
