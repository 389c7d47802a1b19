"""What the page of the families says about the methods after Adam: each number, made again."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from test_families import PAGE, section

from dlzero import Optimizer, adabelief, adam, adamw, amsgrad, lion, radam, schedule_free, train
from dlzero.chapters.ch08_adam import rectification
from dlzero.practice.catalogue import PROBLEMS

GOLDEN = Path(__file__).parents[1] / "golden"
MATRICES = json.loads((GOLDEN / "conventions.json").read_text("utf-8"))["matrices"]
RUNS = json.loads((GOLDEN / "after.json").read_text("utf-8"))["runs"]
START, GRADS = np.array(MATRICES["start"]), np.array(MATRICES["grads"])
ROWS = dict(
    re.findall(r"(?ms)^\* - `?([\w ]+)`?\n(.*?)(?=^\* - |^```)", section("## What came after Adam"))
)


def said(method, *numbers):
    """Check that the last cell of a method has these numbers, in this order, and no others."""
    cell = re.split(r"\n  - ", ROWS[method])[-1]
    text = re.sub(r"\$[^$]+\$", "", cell)
    for word, number in {"a millionth": "0.000001"}.items():
        text = text.replace(word, number)
    assert re.findall(r"-?\d+(?:\.\d+)?", text) == list(numbers)


def test_the_table_has_the_methods_in_this_order():
    assert list(ROWS) == [
        *("Method", "amsgrad", "adamw", "radam", "lion", "adabelief", "schedule_free"),
        *("Adafactor", "Muon", "Prodigy"),
    ]
    cited = re.findall(r"\{cite:p\}`(\w+)`", "".join(ROWS.values()))
    assert len(cited) == 9


def test_amsgrad():
    def end(rule, states):  # the loss of the paper: 3w, -w, -w; the best point of [-1, 1] is -1
        w, state = 0.0, [0.0] * states
        for t in range(1, 30_001):
            g = 3.0 if t % 3 == 1 else -1.0
            hyper = {"lr": 0.5 / math.sqrt(t), "beta1": 0.0, "beta2": 0.1}
            w, *state = rule(w, g, *state, t, **hyper)
            w = min(1.0, max(-1.0, w))
        return w

    v = vmax = 0.0
    for t in range(1, 1001):
        _, _, v, vmax = amsgrad(0.0, float(t == 1), 0.0, v, vmax, t)
    root = math.sqrt(vmax / (1 - 0.999**1000))
    ends = f"{end(adam, 2):.0f}", f"{end(amsgrad, 3):.0f}"
    said("amsgrad", *ends, "1", f"{root:.2f}", "1000")


def decayed(rule, size, in_g, **hyper):
    """Return the mean weight after 1000 gradients of one size and both signs."""
    signs = np.random.default_rng(1).choice([-1.0, 1.0], size=(1000, 2000))
    w, m, v = np.ones(2000), np.zeros(2000), np.zeros(2000)
    for t, g in enumerate(signs * size, 1):
        w, m, v = rule(w, g + in_g * w, m, v, t, **hyper)
    return w.mean()


def test_adamw():
    apart = {f"{decayed(adamw, size, 0.0, weight_decay=0.1):.3f}" for size in (10, 0.1)}
    assert len(apart) == 1
    in_g = [decayed(adam, size, 0.1) for size in (10, 0.1)]
    said("adamw", "10", "0.1", "0.1", "0.905", "1000", "0.990", "0.462")
    assert float(*apart) == pytest.approx(0.905, abs=0.001)
    assert in_g == pytest.approx([0.990, 0.462], abs=0.001)


def test_radam():
    w, *_ = radam(0.0, 1000.0, 0.0, 0.0, 1, lr=1.0)
    assert [rectification(0.999, t) > 0 for t in range(1, 7)] == [False] * 5 + [True]
    r = f"{rectification(0.999, 6):.3f}", f"{rectification(0.999, 1000):.2f}"
    said("radam", "1000", f"{-w:.0f}", r[0], "6", r[1], "1000")


def test_lion():
    def last(rule, states, counts):
        w, state, far = 1.0, [0.0] * states, []
        for t in range(1, 2001):
            w, *state = rule(w, w, *state, *[t][:counts], lr=0.01)
            far.append(abs(w))
        return max(far[-200:])

    said("lion", "0.01", f"{last(lion, 1, 0):.2f}")
    assert last(adam, 2, 1) < 1e-30


def test_adabelief():
    m = s = w = 0.0
    steps = {}
    for t in range(1, 10_001):
        before = w
        w, m, s = adabelief(w, 1.0, m, s, t, lr=1.0)
        steps[t] = before - w
    numbers = (f"{steps[1]:.2f}", "1000", f"{steps[1000]:.1f}", "10000", f"{steps[10000]:.0f}")
    said("adabelief", "1", *numbers)


def test_schedule_free():
    noise = np.random.default_rng(0).normal(size=(2000, 2000))
    w, z, d, far = np.ones(2000), np.ones(2000), np.zeros(2000), []
    for t, e in enumerate(noise, 1):
        w, d = schedule_free(w, w + e, d, t, lr=0.5)
        z = z - 0.5 * (z + e)  # plain descent
        far.append(np.mean(z**2))
    descent, answer = math.sqrt(np.mean(far[-500:])), rms(w - 0.1 * d)
    assert descent == pytest.approx(math.sqrt(0.5 / 1.5), rel=0.01)
    said("schedule_free", "1", "0.5", f"{descent:.2f}", f"{answer:.2f}", "2000")


# The three that are no rules here. They stand beside PyTorch and optax, so the formulas are right.


def adafactor(w, g, R, C, t, lr=0.1):
    keep = 1 - t**-0.8
    R = keep * R + (1 - keep) * np.mean(g**2, axis=1, keepdims=True)
    C = keep * C + (1 - keep) * np.mean(g**2, axis=0, keepdims=True)
    u = g / np.sqrt(R * C / R.mean())
    size = max(1e-3, rms(w)) * min(lr, 1 / math.sqrt(t))
    return w - size * u / max(1.0, rms(u)), R, C


def rms(a):
    return math.sqrt(np.mean(a**2))


def test_adafactor():
    w, R, C = START, np.zeros((4, 1)), np.zeros((1, 3))
    for t, (g, theirs) in enumerate(zip(GRADS, MATRICES["adafactor"], strict=True), 1):
        w, R, C = adafactor(w, g, R, C, t)
        np.testing.assert_allclose(w, theirs, rtol=1e-12)
    g = np.outer(np.arange(1, 65), np.linspace(-2, 3, 32))
    _, R, C = adafactor(g, g, np.zeros((64, 1)), np.zeros((1, 32)), 1)
    np.testing.assert_allclose(R * C / R.mean(), g**2, rtol=1e-12)
    said("Adafactor", "64", "32", str(R.size + C.size), str(g.size))


def near(X, steps=5):
    """Bring all singular values of X near 1, by five polynomials of degree five."""
    if X.shape[0] > X.shape[1]:
        return near(X.T, steps).T
    X = X / (np.linalg.norm(X) + 1e-8)
    for _ in range(steps):
        A = X @ X.T
        X = 3.4445 * X + (-4.775 * A + 2.0315 * A @ A) @ X
    return X


def test_muon():
    w, v = START, 0.0
    for g, theirs in zip(GRADS, MATRICES["muon"], strict=True):
        v = 0.95 * v + g
        w = w - 0.1 * near(v)
        np.testing.assert_allclose(w, theirs, rtol=1e-6)
    rng = np.random.default_rng(0)
    U, _, V = np.linalg.svd(rng.normal(size=(64, 32)), full_matrices=False)
    made = np.linalg.svd(near(U * np.geomspace(1, 0.01, 32) @ V), compute_uv=False)
    said("Muon", "1", "0.01", f"{made[-1]:.2f}", f"{made[0]:.2f}")


def prodigy(w, g, start, m, v, s, r, d, t):
    """Take a step with the correction of Adam's means put into the rate, as optax does."""
    rate = d * math.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    m, v = 0.9 * m + 0.1 * d * g, 0.999 * v + 0.001 * (d * g) ** 2
    keep = math.sqrt(0.999)
    s, r = keep * s + rate * d * g, keep * r + rate * d * np.sum(g * (start - w))
    d = max(d, r / np.abs(s).sum())
    return w - rate * m / (np.sqrt(v) + d * 1e-8), m, v, s, r, d


def bowl(start, steps):
    """Return the path of Prodigy on half the sum of squares, and its estimate of the distance."""
    w, m, v, s, r, d = start, 0.0, 0.0, 0.0, 0.0, 1e-6
    path = []
    for t in range(1, steps + 1):
        w, m, v, s, r, d = prodigy(w, w, start, m, v, s, r, d, t)
        path.append(w)
    return path, d


def test_prodigy():
    path, d = bowl(START, 40)
    assert d > 0.1  # so the estimate grew on the way
    for t, theirs in MATRICES["prodigy"].items():
        np.testing.assert_allclose(path[int(t) - 1], theirs, rtol=1e-9, atol=1e-12)
    ends = [bowl(np.array([start]), 500) for start in (10.0, 1000.0)]
    assert max(abs(path[-1][0]) for path, _ in ends) < 1e-4
    said("Prodigy", "10", "1000", "0.000001", f"{ends[0][1]:.2f}", f"{ends[1][1]:.1f}", "500")


# Are they better than Adam?

DECIDED = {
    ("amsgrad", "words_logistic"): "higher",
    ("adamw", "words_logistic"): "lower",
    ("adabelief", "words_logistic"): "lower",
    ("adabelief", "digits_network"): "lower",
    **{("lion", problem): "higher" for problem in RUNS},
    ("schedule_free", "digits_softmax"): "lower",
}


def ratios(method, beside, problem):
    runs = RUNS[problem]
    return np.array(runs[method]["losses"]) / np.array(runs[beside]["losses"])


def test_ratios_and_seeds_that_won():
    lines = section("### Are they better than Adam?").splitlines()
    rows = [line for line in lines if line[:1] == "|"][2:]
    found = {}
    for row in rows:
        method, beside, *cells = (cell.strip(" `") for cell in row.strip("|").split("|"))
        for problem, cell in zip(RUNS, cells, strict=True):
            ratio = ratios(method, beside, problem)
            won = int((ratio < 1).sum())
            assert cell == f"{np.median(ratio):.3f}, {won}"
            assert len(ratio) == 20
            if not 3 < won < 17:
                found[method, problem] = "lower" if won >= 17 else "higher"
    assert found == DECIDED  # what the sentences below the table say


@pytest.mark.parametrize("name", RUNS)
def test_schedule_free_is_measured_where_its_gradients_are_taken(name):
    problem, stored = PROBLEMS[name](), RUNS[name]
    X, X_held, y, y_held = problem.arrays()
    at_w, at_x = [], []
    for seed in range(100, 120):
        model = problem.model(seed)
        optimizer = Optimizer(schedule_free, lr=stored["schedule_free"]["lr"])
        train(
            model,
            X,
            y,
            optimizer=optimizer,
            epochs=1 + 430 * problem.batch_size // len(X),
            batch_size=problem.batch_size,
            random_state=seed,
            callback=lambda model, history: history.steps == 430,
        )
        at_w.append(model.loss_and_grad(X_held, y_held)[0])
        arrays = model.params if isinstance(model.params, list) else [model.params]
        for w, state in zip(arrays, optimizer.state, strict=True):
            w -= 0.1 * state["d"]  # from w to the answer x
        at_x.append(model.loss_and_grad(X_held, y_held)[0])
    np.testing.assert_allclose(at_w, stored["schedule_free"]["losses"], rtol=1e-6)
    ratio = np.array(at_x) / np.array(stored["sgd"]["losses"])
    cell = f"{np.median(ratio):.3f}, {int((ratio < 1).sum())}"
    assert cell in section("### Are they better than Adam?").split("At the answer")[1]


def test_equal_methods_are_told_apart_once_in_four_hundred_tries():
    chance = 2 * sum(math.comb(20, k) for k in range(4)) / 2**20
    assert 1 / chance == pytest.approx(400, rel=0.05)
    assert "once in four hundred" in PAGE
