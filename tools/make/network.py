"""Make network.json: losses and gradients of networks as PyTorch's automatic derivative has them.

Run by hand, in an environment of its own; the tests need only the numbers:

    python -m pip install numpy==2.4.6 torch==2.13.0
    python tools/make/network.py

Writes: tests/golden/network.json
Needs: python==3.11.7 numpy==2.4.6 torch==2.13.0

The losses are built from PyTorch's own functions, in float64, and no derivative is written down
here. Weights, rows and targets are rounded, so that the file holds exactly what was used.
"""

import itertools
import json
import platform
from pathlib import Path

import numpy as np
import torch

ACTIVATIONS = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}
LOSSES = ("cross-entropy", "squared error")
#: One hidden layer, two, and four narrow ones.
SIZES = [(4, 5, 3), (4, 6, 5, 3), (4, 3, 3, 3, 3, 3)]


def loss_of(z, y, loss):
    """Return the mean loss of the rows; half the sum over the outputs for the squared error."""
    if loss == "cross-entropy":
        return torch.nn.functional.cross_entropy(z, y)
    return torch.nn.functional.mse_loss(z, y, reduction="sum") / (2 * len(z))


def case(rng, sizes, activation, loss, l2):
    """Return one network with its rows, its loss and its gradient."""
    made = []
    for inputs, units in itertools.pairwise(sizes):
        W, b = rng.normal(size=(inputs, units)), rng.normal(scale=0.5, size=units)
        made += [W.round(2), b.round(2)]
    X = rng.normal(size=(6, sizes[0])).round(2)
    y = rng.integers(sizes[-1], size=6)
    if loss == "squared error":
        y = rng.normal(size=(6, sizes[-1])).round(2)
    params = [torch.tensor(p, dtype=torch.float64, requires_grad=True) for p in made]
    a = torch.tensor(X, dtype=torch.float64)
    for k in range(0, len(params), 2):
        z = a @ params[k] + params[k + 1]
        a = ACTIVATIONS[activation](z)
    penalty = sum((W**2).sum() for W in params[::2])
    value = loss_of(z, torch.tensor(y), loss) + l2 / 2 * penalty
    value.backward()
    return {
        "sizes": sizes,
        "activation": activation,
        "loss": loss,
        "l2": l2,
        "params": [p.tolist() for p in made],
        "X": X.tolist(),
        "y": y.tolist(),
        "value": value.item(),
        "grads": [p.grad.tolist() for p in params],
    }


def main():
    """Ask PyTorch and write the file."""
    rng = np.random.default_rng(9)
    cases = [
        case(rng, sizes, activation, loss, 0.0)
        for sizes in SIZES
        for activation in ACTIVATIONS
        for loss in LOSSES
    ]
    cases.append(case(rng, (4, 5, 3), "tanh", "cross-entropy", 0.1))
    golden = {
        "made_by": "tools/make/network.py",
        "made_with": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "torch": torch.__version__.partition("+")[0],
        },
        "cases": cases,
    }
    path = Path(__file__).resolve().parents[2] / "tests" / "golden" / "network.json"
    # One line for each part keeps a difference readable.
    text = json.dumps(golden).replace(', "', ',\n"')
    path.write_text(text + "\n", encoding="utf-8")
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
