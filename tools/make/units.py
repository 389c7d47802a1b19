"""Make units.json: what scikit-learn learns from the problems that the unit tests replay.

Run by hand, in an environment of its own that has scikit-learn; the tests need only the numbers:

    python -m pip install numpy==2.4.6 scikit-learn==1.9.1
    python tools/make/units.py

Writes: tests/golden/units.json
Needs: python==3.11.7 numpy==2.4.6 scikit-learn==1.9.1

Every problem is learned twice: row by row, so that each step can be compared, and in whole
epochs. The two must agree here before anything is written.
"""

import json
import platform
from pathlib import Path

import numpy as np
import sklearn
from sklearn.linear_model import Perceptron, SGDRegressor

EPOCHS = 4
PROBLEMS = 24
RATES = [0.01, 0.03, 0.1, 1.0]


def weights(model):
    """Return weights and bias as a list."""
    return [*model.coef_.ravel().tolist(), float(model.intercept_[0])]


def learn(make, X, y, **first):
    """Return the weights after every row of every epoch, and check them against whole epochs."""
    by_row = make()
    by_epoch = make()
    steps = []
    for _ in range(EPOCHS):
        for i in range(len(X)):
            by_row.partial_fit(X[i : i + 1], y[i : i + 1], **first)
            steps.append(weights(by_row))
        by_epoch.partial_fit(X, y, **first)
        assert weights(by_epoch) == steps[-1]
    whole = make().set_params(max_iter=EPOCHS).fit(X, y)
    assert weights(whole) == steps[-1]
    return steps


def problem(rng, target):
    """Return a small problem with rounded features."""
    n_samples, n_features = int(rng.integers(5, 11)), int(rng.integers(1, 5))
    X = rng.normal(size=(n_samples, n_features)).round(2)
    return X, target(rng, X)


def two_classes(rng, X):
    """Return labels that a line nearly tells apart, the first one positive."""
    z = X @ rng.normal(size=X.shape[1]) + rng.normal(scale=0.5, size=len(X))
    y = (z > np.median(z)).astype(int)
    return y if y[0] == 1 else 1 - y


def numbers(rng, X):
    """Return targets near a plane."""
    return (X @ rng.normal(size=X.shape[1]) + rng.normal(size=len(X))).round(2)


def perceptron(lr):
    """Return the maker of a Perceptron that learns in the order of the rows."""
    return lambda: Perceptron(eta0=lr, shuffle=False, tol=None, max_iter=1)


def regressor(lr):
    """Return the maker of an SGDRegressor that learns in the order of the rows."""
    return lambda: SGDRegressor(
        penalty=None, learning_rate="constant", eta0=lr, shuffle=False, tol=None, max_iter=1
    )


def stored(X, y, lr, steps):
    """Return a problem and its steps as lists."""
    return {"X": X.tolist(), "y": y.tolist(), "lr": lr, "steps": steps}


def main():
    """Learn every problem and write the file."""
    rng = np.random.default_rng(20)
    golden = {
        "made_by": "tools/make/units.py",
        "made_with": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "epochs": EPOCHS,
        "perceptron": [],
        "linear_unit": [],
    }
    while len(golden["perceptron"]) < PROBLEMS:
        lr = RATES[len(golden["perceptron"]) % len(RATES)]
        X, y = problem(rng, two_classes)
        steps = learn(perceptron(lr), X, y, classes=[0, 1])
        # A problem that is learned in a step or two compares little.
        if len(set(map(tuple, steps))) > 3:
            golden["perceptron"].append(stored(X, y, lr, steps))
    while len(golden["linear_unit"]) < PROBLEMS:
        lr = min(0.1, RATES[len(golden["linear_unit"]) % len(RATES)])
        X, y = problem(rng, numbers)
        golden["linear_unit"].append(stored(X, y, lr, learn(regressor(lr), X, y)))

    # OR. Its first row belongs to the first class, and zero weights give a tie on it.
    X, y = np.array([[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]]), np.array([0, 1, 1, 1])
    golden["tie"] = stored(X, y, 1.0, learn(perceptron(1.0), X, y, classes=[0, 1]))

    path = Path(__file__).resolve().parents[2] / "tests" / "golden" / "units.json"
    # One line for each problem keeps a difference readable.
    text = json.dumps(golden).replace('{"X"', '\n{"X"')
    path.write_text(text + "\n", encoding="utf-8")
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
