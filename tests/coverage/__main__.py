"""`python -m tests.coverage` writes `docs/coverage.md` anew."""

from tests.coverage.page import PAGE, page

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
