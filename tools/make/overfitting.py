"""Make overfitting.json: penalties, folds and shifted pictures as other libraries have them.

Run by hand, in an environment of its own; the tests need only the numbers:

    python -m pip install numpy==2.4.6 scikit-learn==1.9.1 scipy==1.17.1
    python tools/make/overfitting.py

Writes: tests/golden/overfitting.json
Needs: python==3.11.7 numpy==2.4.6 scikit-learn==1.9.1 scipy==1.17.1
"""

import json
import platform
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy.ndimage import shift
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
from sklearn.model_selection import KFold


def lines(rng):
    """Return rows with the weights of least squares under both penalties, without a bias.

    scikit-learn's Ridge adds alpha times the squares to the *sum* of the squared errors, Lasso
    alpha times the sizes to half their *mean*. Here the loss is half the mean, as in the course.
    """
    X, t, strength = rng.normal(size=(12, 5)).round(2), rng.normal(size=12).round(2), 0.2
    how = {"fit_intercept": False, "tol": 1e-12}
    return {
        "X": X.tolist(),
        "t": t.tolist(),
        "strength": strength,
        "l2": Ridge(alpha=strength * len(X), **how).fit(X, t).coef_.tolist(),
        "l1": Lasso(alpha=strength, max_iter=100_000, **how).fit(X, t).coef_.tolist(),
    }


def classes(rng):
    """Return rows with the weights of logistic regression under L1, its bias left free."""
    X, strength = rng.normal(size=(40, 6)).round(2), 0.05
    t = (X[:, 0] - X[:, 1] + rng.normal(size=40) > 0.3).astype(int)
    how = {"solver": "saga", "tol": 1e-12, "max_iter": 1_000_000, "random_state": 0}
    unit = LogisticRegression(C=1 / (strength * len(X)), l1_ratio=1, **how).fit(X, t)
    return {
        "X": X.tolist(),
        "t": t.tolist(),
        "strength": strength,
        "w": unit.coef_[0].tolist(),
        "b": unit.intercept_[0],
    }


def main():
    """Ask the libraries and write the file."""
    rng = np.random.default_rng(10)
    picture = rng.integers(0, 17, size=(4, 6))
    moves = [(0, 0), (1, 0), (-1, 2), (3, -5), (0, -1)]
    golden = {
        "made_by": "tools/make/overfitting.py",
        "made_with": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
            "scipy": scipy.__version__,
        },
        "lines": lines(rng),
        "classes": classes(rng),
        "folds": {
            f"{n} {k}": [len(held) for _, held in KFold(k).split(np.zeros((n, 1)))]
            for n, k in ((5, 2), (7, 7), (10, 5), (23, 4))
        },
        "picture": picture.tolist(),
        "shifted": [
            [down, right, shift(picture, (down, right), order=0, cval=0).tolist()]
            for down, right in moves
        ],
    }
    path = Path(__file__).resolve().parents[2] / "tests" / "golden" / "overfitting.json"
    # One line for each part keeps a difference readable.
    text = json.dumps(golden).replace(', "', ',\n"')
    path.write_text(text + "\n", encoding="utf-8")
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
