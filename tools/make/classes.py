"""Make classes.json: losses, minima, weights, scores and new rows as other libraries have them.

Run by hand, in an environment of its own; the tests need only the numbers:

    python -m pip install numpy==2.4.6 scikit-learn==1.9.1 imbalanced-learn==0.14.2
    python tools/make/classes.py

Writes: tests/golden/classes.json
Needs: python==3.11.7 numpy==2.4.6 scikit-learn==1.9.1 imbalanced-learn==0.14.2

SMOTE is stored with its draws, so that its rows can be compared one by one. The draws are made
a second time here, and must give the rows of the library before anything is written.
"""

import json
import platform
from pathlib import Path

import imblearn
import numpy as np
import sklearn
from imblearn.over_sampling import SMOTE
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import hinge_loss, log_loss, precision_score, recall_score
from sklearn.svm import SVC
from sklearn.utils.class_weight import compute_class_weight


def losses(rng):
    """Return sums with the mean losses that scikit-learn gives them."""
    z, y = rng.normal(scale=3, size=20).round(2), rng.integers(2, size=20)
    many, t = rng.normal(scale=3, size=(20, 4)).round(2), np.arange(20) % 4
    exps = np.exp(many)
    return {
        "z": z.tolist(),
        "y": y.tolist(),
        "logistic": log_loss(y, 1 / (1 + np.exp(-z))),
        "hinge": hinge_loss(y, z),
        "z_many": many.tolist(),
        "y_many": t.tolist(),
        "cross_entropy": log_loss(t, exps / exps.sum(axis=1, keepdims=True)),
    }


def minimum(X, y):
    """Return the weights and the bias that minimise the cross-entropy, without a penalty."""
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-13, max_iter=1000)
    model.fit(X, y)
    return {"w": model.coef_.tolist(), "b": model.intercept_.tolist()}


def largest_margin(X, y):
    """Return the line with the largest margin between two classes that a line separates."""
    model = SVC(kernel="linear", C=1e10, tol=1e-10).fit(X, y)
    assert model.score(X, y) == 1
    return {"w": model.coef_[0].tolist(), "b": float(model.intercept_[0])}


def smote(rng, n, k, n_new, seed):
    """Return rows, the draws of SMOTE, and the rows that it invents."""
    rare, many = rng.normal(size=(n, 3)).round(2), rng.normal(size=(n + n_new, 3)).round(2)
    X, y = np.vstack([rare, many]), np.repeat([1, 0], [n, n + n_new])
    made, labels = SMOTE(k_neighbors=k, random_state=seed).fit_resample(X, y)
    new = made[len(X) :]
    assert new.shape == (n_new, 3)
    assert (labels[len(X) :] == 1).all()
    draws = np.random.RandomState(seed)
    picks, parts = draws.randint(0, n * k, size=n_new), draws.uniform(size=n_new)
    distances = np.linalg.norm(rare[:, None] - rare, axis=2)
    near = np.argsort(distances, axis=1)[:, 1 : k + 1]
    start, which = np.divmod(picks, k)
    again = rare[start] + parts[:, None] * (rare[near[start, which]] - rare[start])
    np.testing.assert_allclose(again, new, rtol=1e-12)
    return {
        "X": rare.tolist(),
        "k": k,
        "picks": picks.tolist(),
        "parts": parts.tolist(),
        "new": new.tolist(),
    }


def main():
    """Ask the libraries and write the file."""
    rng = np.random.default_rng(5)
    iris = load_iris()
    pair, apart = iris.target > 0, iris.target < 2
    y, answers = rng.integers(2, size=30), rng.integers(2, size=30)
    rare = (rng.random(60) < 0.1).astype(int) + (rng.random(60) < 0.4)
    classes = np.unique(rare)
    golden = {
        "made_by": "tools/make/classes.py",
        "made_with": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
            "imbalanced-learn": imblearn.__version__,
        },
        "losses": losses(rng),
        "two_irises": minimum(iris.data[pair], iris.target[pair]),
        "setosa_versicolor": largest_margin(iris.data[apart][:, 2:], iris.target[apart]),
        "scores": {
            "y": y.tolist(),
            "answers": answers.tolist(),
            "precision": precision_score(y, answers),
            "recall": recall_score(y, answers),
        },
        "class_weights": {
            "y": rare.tolist(),
            "weights": compute_class_weight("balanced", classes=classes, y=rare).tolist(),
        },
        "smote": [smote(rng, 8, 3, 12, 0), smote(rng, 20, 5, 15, 1), smote(rng, 2, 1, 5, 2)],
    }
    path = Path(__file__).resolve().parents[2] / "tests" / "golden" / "classes.json"
    # One line for each part keeps a difference readable.
    text = json.dumps(golden).replace(', "', ',\n"')
    path.write_text(text + "\n", encoding="utf-8")
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
