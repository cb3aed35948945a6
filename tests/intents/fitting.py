"""Fits a multinomial logistic regression; run by the Python of `make intents`, which has scikit-learn, and imports nothing of ours.

`fitting.py LINES WEIGHTS`: LINES has for each line its command and what speaks for one; WEIGHTS gets, by command, what each
feature counts, and the shares of lines that were met by what was learned from the others.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

STRENGTH = (
    30.0  # inverse of the regularisation: from 10 to 50 lines that were left out are met as well
)
FOLDS = 4
SEED = 20261130


def model() -> LogisticRegression:
    """Returns what is fitted."""
    return LogisticRegression(C=STRENGTH, max_iter=500)


def shares(features: object, verbs: np.ndarray) -> dict[str, float]:
    """Returns how many lines are met, first and among three, where a quarter is left out in turn."""
    first = three = 0
    for learned, left in StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(
        features, verbs
    ):
        fitted = model().fit(features[learned], verbs[learned])
        likeliest = np.argsort(-fitted.predict_proba(features[left]), axis=1)[:, :3]
        names = fitted.classes_[likeliest]
        first += int((names[:, 0] == verbs[left]).sum())
        three += int((names == verbs[left][:, None]).any(axis=1).sum())
    return {"first": first / len(verbs), "three": three / len(verbs)}


def main(lines: Path, weights: Path) -> None:
    """Reads the lines and writes what was learned."""
    known = json.loads(lines.read_text(encoding="utf-8"))
    verbs = np.array([line["verb"] for line in known])
    names = DictVectorizer()
    features = names.fit_transform([line["features"] for line in known])
    fitted = model().fit(features, verbs)
    rows = {
        str(verb): {"": bias, **dict(zip(names.feature_names_, row, strict=True))}
        for verb, bias, row in zip(
            fitted.classes_, fitted.intercept_.tolist(), fitted.coef_.tolist(), strict=True
        )
    }
    learned = {"weights": rows, "shares": shares(features, verbs)}
    weights.write_text(json.dumps(learned), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
