"""Write dlzero/data and tests/golden/datasets.json from scikit-learn's copies of the data.

Run by hand, in an environment of its own, when a data file has to be made again::

    python -m pip install numpy==2.5.5 scipy==1.18.1 scikit-learn==1.9.1
    python tools/make/datasets.py

Writes: dlzero/data/iris.csv dlzero/data/diabetes.csv dlzero/data/digits.npz
    dlzero/data/LICENSE.scikit-learn tests/golden/datasets.json
Needs: python==3.13.0 numpy==2.5.5 scipy==1.18.1 scikit-learn==1.9.1

The numbers in the files are exact. The bytes of digits.npz also depend on the zlib at hand.
"""

import hashlib
import json
import platform
from importlib.metadata import files as installed_files
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy.optimize import linprog
from sklearn.datasets import load_diabetes, load_digits, load_iris

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "dlzero" / "data"
GOLDEN = ROOT / "tests" / "golden" / "datasets.json"

DIABETES_COLUMNS = [
    "age (years)",
    "sex (1 or 2)",
    "bmi (kg/m^2)",
    "bp",
    "tc (mg/dL)",
    "ldl (mg/dL)",
    "hdl (mg/dL)",
    "tch",
    "ltg (ln mg/dL)",
    "glu",
    "disease progression (no unit)",
]


def write_csv(name, columns, X, y):
    """One line of column names, then one line an example, each number in its shortest form."""
    rows = [",".join(f"{value:.15g}" for value in (*x, t)) for x, t in zip(X, y, strict=True)]
    text = "\n".join([",".join(columns), *rows, ""])
    (DATA / name).write_text(text, encoding="utf-8", newline="\n")


def sha256(values, dtype):
    """Return the hash of an array as bytes of this type."""
    return hashlib.sha256(np.ascontiguousarray(values, dtype).tobytes()).hexdigest()


def golden(X, y, y_dtype):
    """Return what the tests compare: the shape, sums, and hashes."""
    return {
        "shape": list(X.shape),
        "column_sums": [round(float(total), 4) for total in X.sum(axis=0)],
        "y_sum": float(y.sum()),
        "X_sha256": sha256(X, "<f8"),
        "y_sha256": sha256(y, y_dtype),
    }


def shared_point(A, B):
    """Rows of A and rows of B whose convex hulls meet: a proof that no plane separates A from B."""
    points = np.vstack([A, -B]).T
    sides = np.zeros((2, len(A) + len(B)))
    sides[0, : len(A)] = sides[1, len(A) :] = 1
    found = linprog(
        np.zeros(len(A) + len(B)),
        A_eq=np.vstack([points, sides]),
        b_eq=[0] * A.shape[1] + [1, 1],
        method="highs-ds",
    )
    used = np.flatnonzero(found.x > 1e-9)
    return {
        "first": used[used < len(A)].tolist(),
        "second": (used[used >= len(A)] - len(A)).tolist(),
    }


def scikit_learn_licence():
    """The licence of scikit-learn itself, without those of the libraries its wheel bundles."""
    path = next(path for path in installed_files("scikit-learn") if path.name == "COPYING")
    return path.read_text(encoding="utf-8").split("\n----\n")[0].strip() + "\n"


def main():
    """Write the data, the licence and the numbers that the tests compare."""
    DATA.mkdir(exist_ok=True)
    iris = load_iris()
    diabetes = load_diabetes(scaled=False)
    digits = load_digits()

    write_csv("iris.csv", [*iris.feature_names, "species"], iris.data, iris.target)
    write_csv("diabetes.csv", DIABETES_COLUMNS, diabetes.data, diabetes.target)
    pixels = digits.data.astype(np.uint8)
    assert (pixels == digits.data).all()
    np.savez_compressed(DATA / "digits.npz", X=pixels, y=digits.target.astype(np.uint8))
    (DATA / "LICENSE.scikit-learn").write_text(
        scikit_learn_licence(), encoding="utf-8", newline="\n"
    )

    record = {
        "made_by": "tools/make/datasets.py",
        "made_with": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "iris": golden(iris.data, iris.target, "<i8"),
        "diabetes": golden(diabetes.data, diabetes.target, "<f8"),
        "digits": golden(digits.data, digits.target, "<i8"),
        "versicolor_meets_virginica": shared_point(
            iris.data[iris.target == 1], iris.data[iris.target == 2]
        ),
    }
    text = json.dumps(record, indent=1) + "\n"
    GOLDEN.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
