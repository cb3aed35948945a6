"""Which statements of each guide are held by which tests, and why some by none: `docs/coverage.md`.

The statements are tables of data in `guides/`, in our words.
"""
