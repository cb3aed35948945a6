"""Where the checkout stands that the tests belong to."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
