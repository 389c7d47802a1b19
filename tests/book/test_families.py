"""The page of the families says what the rules and the other libraries have."""

import inspect
import json
import re
from pathlib import Path

import pytest

import dlzero
from dlzero import Rule

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).parents[1] / "golden"
PAGE = (ROOT / "book" / "families.md").read_text("utf-8")
DEFAULTS = json.loads((GOLDEN / "defaults.json").read_text("utf-8"))
RULES = [
    *("gradient_descent", "sgd", "momentum", "nesterov"),
    *("adagrad", "rmsprop", "rmsprop_centered", "adadelta"),
    *("adam", "adamax", "nadam", "amsgrad", "adamw", "radam", "lion"),
]


def section(heading):
    return PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]


FAMILY = re.findall(r"(?m)^\* - `(\w+)`\n\n    state (\d); (.+)$", section("One line a method"))


def conventions():
    """Rule, hyper-parameter, and the four cells with its defaults."""
    rule = None
    lines = [
        line for line in section("The same name, another rule").splitlines() if line[:1] == "|"
    ]
    for line in lines[2:]:
        name, hyper, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        rule = name.strip("`") or rule
        yield rule, hyper, *cells


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
    printed = re.search(r"PyTorch ([\d.]+), optax ([\d.]+) and Keras ([\d.]+)\.\n", PAGE).groups()
    assert printed == tuple(DEFAULTS["versions"].values())


def same(printed, value):
    if value in (None, "required"):
        return printed == "none"
    return printed not in ("none", "–") and float(printed) == value


@pytest.mark.parametrize("row", [*conventions()], ids=lambda row: f"{row[0]}-{row[1]}")
def test_conventions(row):
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
    told = {(rule, hyper) for rule, hyper, *_ in conventions()}
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


def test_tree_is_what_the_tool_draws(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(ROOT / "tools" / "make")
    import families

    assert set(families.PLACES) == {name for line in families.LINES for name in line}
    monkeypatch.setattr(families, "STATIC", tmp_path / "book" / "_static")
    families.STATIC.mkdir(parents=True)
    families.main()
    drawn = (families.STATIC / "families.svg").read_text("utf-8")
    assert drawn == (ROOT / "book" / "_static" / "families.svg").read_text("utf-8")
