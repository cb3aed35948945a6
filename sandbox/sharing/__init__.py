"""Health links that this sandbox gives out: made, asked for, opened, taken back."""

from sandbox.sharing.links import Links, LinkWish, Opened, Shared, SharedFile

__all__ = ["LinkWish", "Links", "Opened", "Shared", "SharedFile"]
