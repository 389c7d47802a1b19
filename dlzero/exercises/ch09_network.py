"""The exercises of chapter 9, A network and its gradient."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..chapters.ch05_probabilities import sigmoid, softmax
from .forms import WrongForm, numbers


def arrays(answer: Any, names: str, shapes: Sequence[tuple[int, ...]]) -> list[np.ndarray]:
    """Return the arrays of an answer, or say which one is missing or has another shape."""
    try:
        came = [np.asarray(part, dtype=float) for part in answer]
    except (TypeError, ValueError):
        came = []
    expected = names.split()
    if len(came) != len(expected):
        raise WrongForm(f"Expected {len(expected)} arrays, for {', '.join(expected)}.")
    found = [part.shape for part in came]
    if found != list(shapes) and sorted(found) == sorted(shapes):
        raise WrongForm(f"The arrays are in another order. Return {', '.join(expected)}.")
    for name, part, shape in zip(expected, came, shapes, strict=True):
        if part.shape != shape:
            raise WrongForm(f"{name}: expected an array of shape {shape}, came {part.shape}.")
    return came


def exercise_1(backpropagate: Callable) -> str | None:
    """Check the answer: ten lines."""
    rng = np.random.default_rng(91)
    for n, inputs, units, outputs in ((1, 2, 3, 2), (5, 4, 3, 2), (6, 3, 5, 4)):
        X, T = rng.normal(size=(n, inputs)), np.eye(outputs)[rng.integers(outputs, size=n)]
        shapes = [(inputs, units), (units,), (units, outputs), (outputs,)]
        V, c, W, b = params = [rng.normal(size=shape) for shape in shapes]
        H = sigmoid(X @ V + c)
        P = softmax(H @ W + b)
        error = P - T
        pair = backpropagate(X, T, *(p.copy() for p in params))
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise WrongForm("Expected a pair: the loss, and a list of four gradients.")
        loss, value = float(pair[0]), -np.mean(np.log(np.sum(P * T, axis=1)))
        grads = arrays(pair[1], "V c W b", shapes)
        if not np.isclose(loss, value):
            if np.isclose(loss, n * value):
                return "The loss is the sum over the rows. Take the mean."
            if np.isclose(loss, -value):
                return "The sign of the loss is turned: a logarithm of a probability is negative."
            return f"The loss is {loss:.4g}, expected {value:.4g}: minus the log of P where T is 1."
        back = error @ W.T
        right = _grads(X, H, error / n, back / n * H * (1 - H))
        if _same(grads, right):
            continue
        for wrong, words in (
            ([-g for g in right], "All signs are turned. Delta is the answer minus the target."),
            ([n * g for g in right], "Delta is not divided by the number of rows: the loss is."),
            (_grads(X, H, error, back / n * H * (1 - H)), "W and b need the divided delta too."),
            (_grads(X, H, error / n, back / n * (1 - H**2)), f"V and c: {TANH}"),
            (_grads(X, H, error / n, back / n), "V and c: the slope of the sigmoid is missing."),
            (_grads(X, H, error / n, back / n * H), "V and c: the slope is H times (1 - H)."),
        ):
            if _same(grads, wrong):
                return words
        if not np.allclose(grads[2], right[2]):
            return "W is off. Its gradient is what entered the layer, turned, times delta."
        if not np.allclose(grads[3], right[3]):
            return "b is off. Add up delta over the rows, with axis=0."
        return "W and b are right, V and c are not. Look at the step from delta to delta1."
    return None


TANH = "the slope 1 - H**2 is that of tanh. These units are sigmoids."


def _grads(X, H, delta, delta1):
    return [X.T @ delta1, delta1.sum(axis=0), H.T @ delta, delta.sum(axis=0)]


def _same(came, right):
    return all(np.allclose(a, b) for a, b in zip(came, right, strict=True))


def exercise_2(answer: Any) -> str | None:
    """Check the answer: one message by hand."""
    delta1, slope = numbers(answer, 2)
    if not np.isclose(delta1, 0.2):
        for wrong, words in (
            (-0.2, "The sign is turned. Add the products of each delta with its weight."),
            (0.8, "The slope of the sigmoid at the sum 0 is missing."),
            (0.6, "That is the slope 1 - h^2 of tanh. The unit is a sigmoid."),
            (0.15, "The second output sends a message too. Add both."),
            (0.05, "The first output sends a message too. Add both."),
            (0.1, "Minus times minus: the second delta and its weight are both negative."),
            (0.4, "The slope of the sigmoid is h (1 - h), a quarter here, not a half."),
        ):
            if np.isclose(delta1, wrong):
                return words
        return f"Came {delta1:g} for delta1. First the sum over both outputs, then one slope."
    if np.isclose(slope, 0.2):
        return "The delta is right. The slope by the weight v has one more factor: what came in."
    if not np.isclose(slope, 0.4):
        return f"The delta is right. Came {slope:g} for the slope by v. Look at station 5."
    return None


def exercise_3(answer: Any) -> str | None:
    """Check the answer: XOR by hand."""
    form = WrongForm("Expected V, c, w, b: V with 2 rows of 2, c and w with 2 numbers, and b.")
    try:
        V, c, w, b = (np.asarray(part, dtype=float) for part in answer)
        V, c, w, b = V.reshape(2, 2), c.reshape(2), w.reshape(2), b.reshape(())
    except (TypeError, ValueError):
        raise form from None
    X, t = np.array([[1, 1], [0, 0], [1, 0], [0, 1]]), np.array([0, 0, 1, 1])
    H = (X @ V + c > 0).astype(int)
    y = (H @ w + b > 0).astype(int)
    if np.array_equal(y, t):
        return None
    words = "Look at the output unit."
    patterns = {tuple(h) for h in H.T.tolist()}
    if any(len({*pattern}) == 1 for pattern in patterns):
        words = "One hidden unit answers the same to all four rows, so it tells nothing."
    elif len(patterns) == 1:
        words = "Both hidden units answer alike, so there is only one feature."
    elif any(np.array_equal(H[i], H[j]) for i in (0, 1) for j in (2, 3)):
        words = "Rows that need different answers have the same features."
    i = np.flatnonzero(y != t)[0]
    row, features = (", ".join(map(str, part.tolist())) for part in (X[i], H[i]))
    return (
        f"The row ({row}) has the features ({features}) and is answered {y[i]}, expected {t[i]}. "
        f"{words}"
    )


def exercise_4(gradient: Callable) -> str | None:
    """Check the answer: relu gradient."""
    rng = np.random.default_rng(83)
    draws = rng.normal(size=(8, 6))
    # Where the unit is on comes first: off, the slope of tanh at 0 is 1 and looks like none.
    for x, t, v, c, w, b in sorted(draws, key=lambda d: d[2] * d[0] + d[3], reverse=True):
        on = float(v * x + c > 0)
        h = (v * x + c) * on
        delta = w * h + b - t
        came = numbers(gradient(x, t, v, c, w, b), 4)
        right = np.array([delta * w * on * x, delta * w * on, delta * h, delta])
        if np.allclose(came, right):
            continue
        tanh_slope = delta * w * (1 - h**2)
        if np.allclose(came, -right):
            return "All signs are turned. Delta is the answer minus the target."
        if np.allclose(came, right[[2, 3, 0, 1]]):
            return "The slopes are right and in another order. Return them by v, c, w, b."
        if not np.allclose(came[2:], right[2:]):
            return "The slopes by w and b are off. They need h, the output of the ReLU."
        if on and np.allclose(came[:2], [tanh_slope * x, tanh_slope]):
            return "Step 4 still has 1 - h^2, the slope of tanh. That of a ReLU is 1 or 0."
        if not on:
            return "Where the ReLU is off its slope is 0. Look at step 4 of the derivation."
        return "The slopes by v and c are off. Look at the factors that step 3 and step 5 bring in."
    return None


def exercise_5(step: Callable) -> str | None:
    """Check the answer: network step."""
    rng = np.random.default_rng(87)
    for _ in range(5):
        X, T = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
        V, W = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))
        came = arrays(step(X, T, V.copy(), W.copy(), 0.1), "V W", [V.shape, W.shape])
        H = np.tanh(X @ V)
        delta = (H @ W - T) / len(X)
        new_W = W - 0.1 * H.T @ delta

        def new_V(through, slope, X=X, V=V, delta=delta):
            return V - 0.1 * X.T @ ((delta @ through.T) * slope)

        if not np.allclose(came[1], new_W):
            if np.allclose(came[1], 2 * W - new_W):
                return "W goes uphill. Subtract its gradient."
            return "W is off, and its step was right before. Its gradient is H.T @ delta."
        if np.allclose(came[0], new_V(W, 1 - H**2)):
            continue
        if np.allclose(came[0], new_V(new_W, 1 - H**2)):
            return "V is off. Its gradient needs the W of the forward pass, before its update."
        if any(np.allclose(came[0], new_V(W, slope)) for slope in (1 - H, H * (1 - H), 1)):
            return "V uses the right W now, and another slope. That of tanh is 1 - H**2, as before."
        return "V is off. Only one thing has to change: the W that the message goes back through."
    return None


def exercise_6(gradients: Callable) -> str | None:
    """Check the answer: two hidden layers."""
    rng = np.random.default_rng(96)
    for sizes in ((3, 4, 5, 2), (2, 6, 3, 1)):
        shapes = [*itertools.pairwise(sizes)]
        U, V, W = (rng.normal(size=shape) for shape in shapes)
        X, T = rng.normal(size=(7, sizes[0])), rng.normal(size=(7, sizes[-1]))
        came = arrays(gradients(X, T, U.copy(), V.copy(), W.copy()), "U V W", shapes)
        G = np.tanh(X @ U)
        H = np.tanh(G @ V)
        error = H @ W - T

        def back(delta, outer, inner, X=X, G=G, H=H, V=V, W=W):
            delta2 = (delta @ W.T) * outer
            return [X.T @ ((delta2 @ V.T) * inner), G.T @ delta2, H.T @ delta]

        right = back(error / 7, 1 - H**2, 1 - G**2)
        if _same(came, right):
            continue
        for wrong, words in (
            ([-g for g in right], "All signs are turned. Delta is the answer minus the target."),
            ([7 * g for g in right], "Delta is not divided by the number of rows."),
            (
                back(error / 7, H * (1 - H), G * (1 - G)),
                "h (1 - h) is the slope of a sigmoid. These units are tanh.",
            ),
            (back(error / 7, 1, 1), "The slopes of both hidden layers are missing."),
        ):
            if _same(came, wrong):
                return words
        if not np.allclose(came[2], right[2]):
            return "W is off. The last layer is as before: its inputs, turned, times delta."
        if not np.allclose(came[1], right[1]):
            return "W is right, V is not. Carry delta back through W, then take one slope."
        if np.allclose(came[0], back(error / 7, 1 - H**2, 1)[0]):
            return "V and W are right. U lacks the slope of the first hidden layer, 1 - G**2."
        if np.allclose(came[0], X.T @ ((((error / 7) @ W.T) @ V.T) * (1 - G**2))):
            return (
                "V and W are right. The delta that goes on to U must hold the slope 1 - H**2 too."
            )
        return "V and W are right. The delta of the first layer comes from that of the second."
    return None


def exercise_7(answer: Any) -> str | None:
    """Check the answer: count weights."""
    weights, losses = numbers(answer, 2)
    if weights == 2368:
        return "The biases are missing: one for each hidden unit and each output."
    if weights != 2410:
        return f"Came {weights:g} weights. Count inputs times units for both layers, then biases."
    if losses == weights:
        return "The first number is right. A central difference needs the loss on both sides."
    if losses != 2 * weights:
        return "The first number is right. A central difference moves each weight up and down."
    return None


def exercise_8(start: Callable) -> str | None:
    """Check the answer: variance or spread."""
    for inputs, units in ((400, 100), (50, 800)):
        W = np.asarray(start(inputs, units, np.random.default_rng(98)), dtype=float)
        if W.shape != (inputs, units):
            raise WrongForm(f"Expected shape ({inputs}, {units}), came {W.shape}.")
        variance = W.var()
        if np.isclose(variance, 2 / inputs, rtol=0.05):
            continue
        for wrong, words in (
            ((2 / inputs) ** 2, "The spread is still 2 / inputs, and that should be the variance."),
            (1 / inputs, "The variance is 1 / inputs. Half of what enters a ReLU is lost."),
            (2 / units, "The variance is 2 / units. A sum has as many terms as there are inputs."),
            (2 / (inputs + units), "That is the start of Glorot and Bengio, made for tanh."),
        ):
            if np.isclose(variance, wrong, rtol=0.05):
                return words
        return f"For {inputs} inputs the variance is {variance:.3g}, expected {2 / inputs:.3g}."
    return None


def exercise_9(gain: Callable) -> str | None:
    """Check the answer: gain of a leaky ReLU."""
    for a in (0.0, 0.1, 0.5, 1.0):
        came, right = float(gain(a)), 2 / (1 + a**2)
        if np.isclose(came, right):
            continue
        if np.isclose(came, 2 / (1 + a)):
            return "Negative sums come out a times as large, so their squares by which factor?"
        if np.isclose(came, 1 / right):
            return "That is the part of the mean square that is left. The gain makes up for it."
        if np.isclose(came, np.sqrt(right)):
            return "That is a factor on the spread. Give the one on the variance."
        return f"For a = {a:g} came {came:.4g}, expected {right:.4g}. At a = 1 nothing is lost."
    return None
