"""The page of the families says what the rules and the other libraries have."""

import inspect
import json
import re
from pathlib import Path

import numpy as np
import pytest
from strategies import run

import dlzero
from dlzero import Rule

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).parents[1] / "golden"
PAGE = (ROOT / "book" / "families.md").read_text("utf-8")
DEFAULTS = json.loads((GOLDEN / "defaults.json").read_text("utf-8"))
CONVENTIONS = json.loads((GOLDEN / "conventions.json").read_text("utf-8"))
LIBRARIES = ("torch", "optax", "keras", "tensorflow")
RULES = [
    *("gradient_descent", "sgd", "momentum", "nesterov"),
    *("adagrad", "rmsprop", "rmsprop_centered", "adadelta"),
    *("adam", "adamax", "nadam", "amsgrad", "adamw", "radam", "lion"),
    *("adabelief", "schedule_free"),
]


def section(heading):
    marks, title = heading.split(" ", 1)
    return re.split(rf"\n#{{2,{len(marks)}}} ", PAGE.split(f"\n{marks} {title}\n")[1])[0]


FAMILY = re.findall(
    r"(?m)^\* - `(\w+)`\n\n    state (\d); (.+)$",
    section("## One line a method") + section("## What came after Adam"),
)


def table(heading):
    """Rule, second column, and the cells of a table; an empty first cell repeats the rule."""
    rule = None
    for line in [line for line in section(heading).splitlines() if line[:1] == "|"][2:]:
        name, second, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        rule = name.strip("`") or rule
        yield rule, second, *cells


DEFAULT_ROWS = [*table("### Where they differ in the defaults")]
FORM_ROWS = [*table("### Where they differ in the formula")]
FIRST_ROWS = [*table("### How long the first step is")]


def test_page_has_every_rule_in_the_order_of_the_chapters():
    assert [name for name, *_ in FAMILY] == RULES
    public = {name for name in dlzero.__all__ if is_rule(getattr(dlzero, name))}
    assert public == set(RULES)


def is_rule(thing):
    return inspect.isfunction(thing) and list(inspect.signature(thing).parameters)[:2] == ["w", "g"]


@pytest.mark.parametrize(("rule", "state", "defaults"), FAMILY)
def test_state_and_defaults(rule, state, defaults):
    sig = Rule(dlzero.RULES[rule])
    assert int(state) == len(sig.state)
    printed = {name: float(value) for name, value in (d.split() for d in defaults.split(", "))}
    assert printed == {name: v for name, v in sig.hyper.items() if v != float("inf")}


def test_versions_are_those_that_were_read():
    words = r"PyTorch ([\d.]+), optax ([\d.]+), Keras ([\d.]+) and TensorFlow ([\d.]+)\.\n"
    paths = json.loads((GOLDEN / "optimizers.json").read_text("utf-8"))
    for stored in (DEFAULTS, CONVENTIONS, paths):
        versions = [stored["versions"][name].partition("+")[0] for name in LIBRARIES]
        assert list(re.search(words, PAGE).groups()) == versions


def same(printed, value):
    if value in (None, "required"):
        return printed == "none"
    return printed not in ("none", "–") and float(printed) == value


@pytest.mark.parametrize("row", DEFAULT_ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_defaults_of_the_libraries(row):
    rule, hyper, ours, *others = row
    own = {"G0": 0, **Rule(dlzero.RULES[rule]).hyper}
    assert float(ours) == own[hyper]
    for printed, found in zip(others, DEFAULTS["rules"][rule].values(), strict=True):
        if found is None or hyper not in found["defaults"]:
            assert printed == "–"
        else:
            value = found["defaults"][hyper]
            assert same(printed, 0 if (hyper, value) == ("weight_decay", None) else value)


def test_what_the_table_leaves_out_is_the_usual():
    told = {(rule, hyper) for rule, hyper, *_ in DEFAULT_ROWS}
    for rule, libraries in DEFAULTS["rules"].items():
        for found in filter(None, libraries.values()):
            for hyper, value in found["defaults"].items():
                if (rule, hyper) not in told:
                    usual = {"beta1": 0.9, "beta2": 0.999, "weight_decay": 0, "eps": 1e-8}
                    assert (value or 0) == usual[hyper], (rule, hyper)


@pytest.mark.parametrize(
    ("rule", "library", "option", "value"),
    [
        ("momentum", "torch", "momentum", 0.9),
        ("momentum", "optax", "momentum", 0.5),
        ("nesterov", "torch", "nesterov", True),
        ("adagrad", "optax", "initial_accumulator_value", 0.0),
        ("adagrad", "keras", "initial_accumulator_value", 0.0),
        ("adagrad", "optax", "eps", 1e-30),
        ("adagrad", "keras", "epsilon", 1e-30),
        ("rmsprop", "optax", "eps_in_sqrt", False),
        ("adadelta", "optax", "learning_rate", 1.0),
        ("adam", "keras", "epsilon", 1e-30),
        ("adamax", "keras", "epsilon", 1e-30),
        ("amsgrad", "keras", "epsilon", 1e-30),
        ("adamw", "keras", "epsilon", 1e-30),
        ("radam", "optax", "eps", 1e-30),
        ("amsgrad", "optax", "b2", 0.9),
        ("momentum", "tensorflow", "momentum", 0.5),
        ("nesterov", "tensorflow", "use_nesterov", True),
        ("adagrad", "tensorflow", "initial_accumulator_value", 1e-30),
        ("adadelta", "tensorflow", "learning_rate", 1.0),
        ("adam", "tensorflow", "epsilon", 1e-30),
        ("adabelief", "optax", "eps_root", 1e-3),
        ("schedule_free", "optax", "b1", 0.6),
    ],
)
def test_conversions_are_among_the_golden_paths(rule, library, option, value):
    cases = json.loads((GOLDEN / "optimizers.json").read_text("utf-8"))["cases"]
    found = [c["options"] for c in cases if (c["rule"], c["library"]) == (rule, library)]
    assert value in [options.get(option) for options in found]


def test_nadam_decays_of_the_other_libraries_are_among_the_golden_paths():
    cases = json.loads((GOLDEN / "optimizers.json").read_text("utf-8"))["cases"]
    plain = {"torch": 0.004, "optax": 0.0, "keras": 1.0}
    for library, decay in plain.items():
        hypers = [c["hyper"] for c in cases if (c["rule"], c["library"]) == ("nadam", library)]
        assert decay in [hyper.get("momentum_decay", 0.0) for hyper in hypers]


# The words of the table of forms, each with the rule that they stand for. Every word of a question
# is another path, so a cell with a wrong word is found.


def rate_in_v(w, g, v, t, lr=0.1, mu=0.9):
    v = mu * v - lr * g
    return w + v, v


def dampened(w, g, v, lr=0.1, mu=0.9):
    v = mu * v + (1 - mu) * g
    return w - lr * v, v


def dampened_later(w, g, v, t, lr=0.1, mu=0.9):
    v = mu * v + (1 - mu if t > 1 else 1) * g
    return w - lr * v, v


def decay_in_g(w, g, v, lr=0.1, mu=0.9):
    v = mu * v + g + 0.5 * w
    return w - lr * v, v


def decay_apart(w, g, v, lr=0.1, mu=0.9):
    v = mu * v + g
    return w - lr * v - lr * 0.5 * w, v


def adagrad_form(root, start=0.0):
    def form(w, g, G, lr=0.1):
        G = G + g**2
        return w - lr * g / root(G + start), G

    return form


def rmsprop_form(root, start=0.0, centered=False):
    def form(w, g, v, a, t, lr=0.1):
        v, a = 0.8 * v + 0.2 * g**2, 0.8 * a + 0.2 * g
        return w - lr * g / root(v + start * 0.8**t - centered * a**2), v, a

    return form


def rmsprop_momentum(inside, start):
    def form(w, g, v, b, t, lr=0.1):
        v = 0.8 * v + 0.2 * g**2
        step = g / np.sqrt(v + start * 0.8**t)
        b = 0.9 * b + (lr if inside else 1) * step
        return w - (1 if inside else lr) * b, v, b

    return form


def adadelta_form(root):
    def form(w, g, E, D, lr=1.0):
        E = 0.8 * E + 0.2 * g**2
        d = root(D) / root(E) * g
        return w - lr * d, E, 0.8 * D + 0.2 * d**2

    return form


def adam_form(raw=False, in_g=0.0, apart=0.0, eps=0.1, rate=True):
    def form(w, g, m, v, t, lr=0.1):
        g = g + in_g * w
        m, v = 0.8 * m + 0.2 * g, 0.9 * v + 0.1 * g**2
        root = np.sqrt(v / (1 - 0.9**t)) + eps / (np.sqrt(1 - 0.9**t) if raw else 1)
        return w - lr * m / (1 - 0.8**t) / root - (lr if rate else 1) * apart * w, m, v

    return form


def adamax_form(inside):
    def form(w, g, m, u, t, lr=0.1):
        m, u = 0.8 * m + 0.2 * g, np.maximum(0.9 * u, np.abs(g) + 0.1 * inside)
        return w - lr * m / (1 - 0.8**t) / (u + 0.1 * (not inside)), m, u

    return form


def amsgrad_of_the_corrected(w, g, m, v, largest, t, lr=0.1):
    m, v = 0.8 * m + 0.2 * g, 0.9 * v + 0.1 * g**2
    largest = np.maximum(largest, v / (1 - 0.9**t))
    return w - lr * m / (1 - 0.8**t) / np.sqrt(largest), m, v, largest


def radam_form(above, raw, eps):
    def form(w, g, m, v, t, lr=0.1):
        m, v = 0.8 * m + 0.2 * g, 0.99 * v + 0.01 * g**2
        last = 2 / 0.01 - 1
        rho = last - 2 * t * 0.99**t / (1 - 0.99**t)
        step, c = m / (1 - 0.8**t), np.sqrt(1 - 0.99**t)
        if rho > above:
            r = np.sqrt((rho - 4) * (rho - 2) * last / ((last - 4) * (last - 2) * rho))
            step = step * r / (np.sqrt(v) / c + eps / (c if raw else 1))
        return w - lr * step, m, v

    return form


def lion_form(rate):
    def form(w, g, m, lr=0.1):
        u = np.sign(0.8 * m + 0.2 * g)
        return w - lr * u - (lr if rate else 1) * 0.5 * w, 0.9 * m + 0.1 * g

    return form


def under(x):
    return np.sqrt(x + 0.1)


def outside(x):
    return np.sqrt(x) + 0.1


EPS = {"under": under, "outside": outside}
BETAS = {"lr": 0.1, "beta1": 0.8, "beta2": 0.9}
MEANING = {
    ("momentum", "place of the rate"): {"outside": dlzero.momentum, "in v": rate_in_v},
    ("momentum", "first step, dampened"): {"whole g": dampened_later, "less": dampened},
    ("nesterov", "stored point"): {"ahead": dlzero.nesterov, "behind": dlzero.momentum},
    ("sgd", "decay"): {"in g": decay_in_g, "apart": decay_apart},
    ("adagrad", "place of eps"): {
        **{word: adagrad_form(root) for word, root in EPS.items()},
        "none": adagrad_form(np.sqrt),
    },
    ("adagrad", "G starts at"): {str(x): adagrad_form(np.sqrt, x) for x in (0, 0.1, 1)},
    ("rmsprop", "place of eps"): {word: rmsprop_form(root) for word, root in EPS.items()},
    ("rmsprop", "v starts at"): {str(x): rmsprop_form(np.sqrt, x) for x in (0, 0.1, 1)},
    ("rmsprop", "rate, with momentum"): {
        "outside": rmsprop_momentum(False, 0),
        "in v": rmsprop_momentum(True, 0),
    },
    ("rmsprop_centered", "place of eps"): {
        word: rmsprop_form(root, centered=True) for word, root in EPS.items()
    },
    ("adadelta", "place of eps"): {word: adadelta_form(root) for word, root in EPS.items()},
    ("adam", "place of eps"): {"corrected": adam_form(), "raw": adam_form(raw=True)},
    ("adam", "decay"): {"in g": adam_form(in_g=0.5, eps=0), "apart": adam_form(apart=0.5, eps=0)},
    ("adamax", "place of eps"): {"inside": adamax_form(True), "after": adamax_form(False)},
    ("nadam", "momentum_decay"): {
        word: Rule(dlzero.nadam, **BETAS, eps=0, momentum_decay=float(word))
        for word in ("0", "0.004", "1")
    },
    ("amsgrad", "largest of"): {
        "raw": Rule(dlzero.amsgrad, **BETAS, eps=0),
        "corrected": amsgrad_of_the_corrected,
    },
    ("adamw", "decay"): {
        "times lr": adam_form(apart=0.5, eps=0),
        "not times lr": adam_form(apart=0.5, eps=0, rate=False),
    },
    ("radam", "place of eps"): {
        "raw": radam_form(5, True, 0.1),
        "corrected": radam_form(5, False, 0.1),
    },
    ("radam", "adapts above"): {"5": radam_form(5, True, 0), "4": radam_form(4, True, 0)},
    ("lion", "decay"): {"times lr": lion_form(True), "not times lr": lion_form(False)},
}
# What dlzero has, with the hyper-parameters of the probe.
OURS = {
    ("sgd", "decay"): {"lr": 0.1, "mu": 0.9, "weight_decay": 0.5},
    ("adagrad", "place of eps"): {"lr": 0.1, "eps": 0.1},
    ("adagrad", "G starts at"): {"lr": 0.1, "eps": 0},
    ("rmsprop", "place of eps"): {"lr": 0.1, "rho": 0.8, "eps": 0.1},
    ("rmsprop", "v starts at"): {"lr": 0.1, "rho": 0.8, "eps": 0},
    ("rmsprop_centered", "place of eps"): {"lr": 0.1, "rho": 0.8, "eps": 0.1},
    ("adadelta", "place of eps"): {"lr": 1.0, "rho": 0.8, "eps": 0.1},
    ("adam", "place of eps"): {**BETAS, "eps": 0.1},
    ("adamax", "place of eps"): {**BETAS, "eps": 0.1},
    ("nadam", "momentum_decay"): {**BETAS, "eps": 0},
    ("amsgrad", "largest of"): {**BETAS, "eps": 0},
    ("adamw", "decay"): {**BETAS, "eps": 0, "weight_decay": 0.5},
    ("radam", "place of eps"): {"lr": 0.1, "beta1": 0.8, "beta2": 0.99, "eps": 0.1},
    ("radam", "adapts above"): {"lr": 0.1, "beta1": 0.8, "beta2": 0.99, "eps": 0},
    ("lion", "decay"): {**BETAS, "weight_decay": 0.5},
}


def walked(rule, question, **hyper):
    """Return the path of a probe; in two questions the rate falls after three steps."""
    if question in ("place of the rate", "rate, with momentum"):
        hyper["lr"] = lambda t: 0.1 if t < 4 else 0.02
    elif "lr" not in hyper and not isinstance(rule, Rule):
        hyper["lr"] = 1.0 if "adadelta" in getattr(rule, "__qualname__", "") else 0.1
    grads = np.array(CONVENTIONS["grads"])[:, None]
    return run(rule, [1.0], grads, **hyper)[:, 0]


def word_for(path, rule, question):
    """Return the words whose rule takes the path."""
    meaning = MEANING[rule, question]
    if (rule, question) == ("rmsprop", "place of eps") and abs(path[0] - 1) < 0.1:
        # TensorFlow: v starts at 1.
        meaning = {word: rmsprop_form(root, 1) for word, root in EPS.items()}
    if (rule, question) == ("rmsprop_centered", "place of eps") and abs(path[0] - 1) < 0.1:
        meaning = {word: rmsprop_form(root, 1, True) for word, root in EPS.items()}
    if (rule, question) == ("rmsprop", "rate, with momentum") and abs(path[0] - 0.9) < 1e-6:
        meaning = {"outside": rmsprop_momentum(False, 1), "in v": rmsprop_momentum(True, 1)}
    return [
        w for w, form in meaning.items() if np.allclose(walked(form, question), path, atol=1e-7)
    ]


def test_the_table_has_all_questions_that_were_asked():
    assert [f"{rule}: {question}" for rule, question, *_ in FORM_ROWS]
    assert {f"{rule}: {question}" for rule, question, *_ in FORM_ROWS} == set(CONVENTIONS["paths"])
    assert {(rule, question) for rule, question, *_ in FORM_ROWS} == set(MEANING)


@pytest.mark.parametrize("row", FORM_ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_each_cell_is_the_only_word_that_fits_the_stored_path(row):
    rule, question, ours, *cells = row
    paths = CONVENTIONS["paths"][f"{rule}: {question}"]
    found = {library: word_for(np.array(path), rule, question) for library, path in paths.items()}
    assert dict(zip(LIBRARIES, cells, strict=True)) == {
        library: found.get(library, ["–"])[0] for library in LIBRARIES
    }
    assert all(len(words) == 1 for words in found.values())
    if ours != "–":
        hyper = OURS.get((rule, question), {"mu": 0.9})
        assert word_for(walked(dlzero.RULES[rule], question, **hyper), rule, question) == [ours]


@pytest.mark.parametrize("row", FIRST_ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_first_steps(row):
    name, gradient, ours, *cells = row
    rule = Rule(dlzero.RULES[name])
    w, *_ = rule.at(1)(0.0, float(gradient), *rule.start(0.0))
    stored = CONVENTIONS["first"][name][str(float(gradient))]
    assert float(ours) == pytest.approx(-float(w) / rule.hyper["lr"], rel=0.05)
    for library, cell in zip(LIBRARIES, cells, strict=True):
        if library not in stored:
            assert cell == "–"
        else:
            assert float(cell) == pytest.approx(stored[library], rel=0.05)


def test_what_the_page_says_about_the_start_and_the_place_of_eps():
    steps = [-dlzero.adagrad(0.0, g, 0.1, lr=1.0)[0] for g in (1.0, 0.01, 0.0001)]
    words = "{:.4f}, {:.4f} and {:.4f} rates for gradients of 1, 0.01 and 0.0001".format(*steps)
    assert words == "0.9535, 0.0316 and 0.0003 rates for gradients of 1, 0.01 and 0.0001"
    g, eps = 1e-6, 1e-8
    quotients = g / (np.sqrt(g**2) + eps), g / np.sqrt(g**2 + eps)
    places = "is {:.3f} with eps outside, and {:.3f} with eps under the root".format(*quotients)
    assert words in section("### How long the first step is")
    assert places in section("### How long the first step is")


def test_optax_has_a_missing_rate_in_adadelta_only():
    rates = {
        name: found["optax"]["defaults"]
        for name, found in DEFAULTS["rules"].items()
        if found["optax"] and "lr" in found["optax"]["defaults"]
    }
    assert [name for name, default in rates.items() if default["lr"] is None] == ["adadelta"]
    assert rates["adagrad"]["lr"] == rates["rmsprop"]["lr"] == "required"


def test_all_first_steps_are_on_the_page():
    assert {(r, float(g)) for r, g, *_ in FIRST_ROWS} == {
        (rule, float(g)) for rule, by in CONVENTIONS["first"].items() for g in by
    }


def test_the_optimizers_of_tf_keras_are_those_of_keras():
    assert CONVENTIONS["optimizers of tf.keras that are not those of Keras"] == []


def test_what_the_page_says_about_weight_decay():
    torch = CONVENTIONS["decay of torch"]
    # ASGD without its average does the same either way, as SGD does.
    assert set(torch["apart"]) - {"ASGD"} == {"AdamW", "Muon", "Adafactor"}
    assert set(torch["has decoupled_weight_decay"]) == {"Adam", "NAdam", "RAdam"}
    optax = {
        rule
        for rule, libraries in DEFAULTS["rules"].items()
        if "weight_decay" in (libraries["optax"] or {"defaults": {}})["defaults"]
    }
    assert optax == {"adadelta", "adamw", "lion", "schedule_free"}


def test_tree_is_what_the_tool_draws(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(ROOT / "tools" / "make")
    import families

    assert set(families.PLACES) == {name for line in families.LINES for name in line}
    monkeypatch.setattr(families, "STATIC", tmp_path / "book" / "_static")
    families.STATIC.mkdir(parents=True)
    families.main()
    drawn = (families.STATIC / "families.svg").read_text("utf-8")
    assert drawn == (ROOT / "book" / "_static" / "families.svg").read_text("utf-8")
