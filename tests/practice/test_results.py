"""Results: what is read from the rows of a comparison."""

import math

import numpy as np
import pytest
from comparisons import plain

from dlzero.practice import Results


def rows():
    """Two methods, three rates, three seeds, with losses set by hand."""
    losses = {
        ("a", 0.01): (5.0, 6.0, 7.0),
        ("a", 0.1): (1.0, 3.0, 2.0),
        ("a", 1.0): (math.inf, math.inf, 0.5),
        ("b", 0.01): (1.5, 1.0, 9.0),
        ("b", 0.1): (2.0, 2.0, 2.0),
        ("b", 1.0): (10.0, 10.0, 10.0),
    }
    for (method, lr), values in losses.items():
        for default in (False, True)[: 1 + (lr == 0.1)]:
            for seed, loss in enumerate(values):
                yield {
                    "problem": "p",
                    "method": method,
                    "hyper": "mu=0.9, rho=0.5",
                    "lr": lr,
                    "default": default,
                    "seed": seed,
                    "budget": 10,
                    "status": "ok" if math.isfinite(loss) else "diverged",
                    "reason": "" if math.isfinite(loss) else "diverged, alas",
                    "train": loss,
                    "validation": loss + 1,
                    "accuracy": math.nan,
                    "seconds": 0.02 + seed / 100,
                    "steps": [0, 10],
                    "curve": [10.0, loss],
                }


def test_best_by_hand():
    a, b = Results(rows()).best(share=0.8)
    assert (a["lr"], a["median"], a["low"], a["high"], a["edge"]) == (0.1, 2.0, 1.0, 3.0, False)
    assert (b["lr"], b["median"], b["low"], b["high"], b["edge"]) == (0.01, 1.5, 1.0, 9.0, True)
    # from 10 to 1.5: a rate is good at 3.2 or less
    assert (a["good"], a["decades"]) == (1, 1.0)
    assert (b["good"], b["decades"]) == (2, 2.0)
    assert (a["default_lr"], a["default"], a["default_low"]) == (0.1, 2.0, 1.0)
    assert (a["ok"], b["ok"]) == (pytest.approx(7 / 9), 1.0)
    assert a["ms"] == pytest.approx(3.0)
    assert Results(rows()).best("validation")[0]["median"] == 3.0


def test_median_by_hand():
    third = Results(rows()).filter(method="a", lr=1.0).median()[0]
    assert (third["runs"], third["low"], third["median"]) == (3, 0.5, math.inf)
    assert third["ok"] == pytest.approx(1 / 3)


def test_best_without_a_grid_or_without_defaults():
    only, none = Results(rows()).filter(default=True), Results(rows()).filter(default=False)
    a = only.best()[0]
    assert math.isnan(a["lr"])
    assert (a["default"], a["good"], a["edge"]) == (2.0, 0, False)
    assert math.isnan(none.best()[0]["default"])
    assert len(only.table()) == 5
    assert Results([]).best() == []
    assert "0 runs" in repr(Results([]))


def test_filter_and_columns():
    results = Results(rows())
    assert len(results.filter(method="a")) == 12
    assert len(results.filter(method=["a", "b"], lr=0.1, default=False)) == 6
    assert results.values("method") == ["a", "b"]
    assert results.column("seed")[:4].tolist() == [0, 1, 2, 0]
    with pytest.raises(ValueError, match=r"name of a column must be one of .*, got 'rate'"):
        results.filter(rate=1)
    with pytest.raises(ValueError, match="by must be one of 'train', 'validation', got 'accuracy'"):
        results.best("accuracy")
    with pytest.raises(ValueError, match="share must be from 0 to 1, got 2"):
        results.best(share=2)


def test_the_table_marks_a_best_rate_at_the_edge():
    lines = "\n".join(Results(rows()).table()).split("\n")
    (a,) = (line for line in lines if line.startswith("  a "))
    (b,) = (line for line in lines if line.startswith("  b "))
    assert "0.1 " in a
    assert "0.01!" in b
    assert lines.index(b) < lines.index(a)  # the better first
    assert lines[-1].startswith("! the best rate is at the edge")


@pytest.mark.parametrize("name", ["runs.csv", "runs.csv.gz"])
def test_csv_there_and_back(name, tmp_path):
    path = tmp_path / name
    Results(rows()).to_csv(path, ["one", "two, with a comma"])
    back = Results.from_csv(path)
    assert plain(back) == plain(Results(rows()))
    assert back.message == "one\ntwo, with a comma"
    if name.endswith("gz"):
        assert path.read_bytes()[4:8] == bytes(4)  # no time of day: equal rows give equal files
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="is no table of runs"):
        Results.from_csv(tmp_path / "other.csv")


def test_the_picture_has_a_curve_for_each_method():
    from dlzero.practice.picture import loss_against_rate

    figure = loss_against_rate(Results(rows()))
    (ax,) = figure.axes
    curves = {
        line.get_label(): line.get_ydata() for line in ax.get_lines() if len(line.get_xdata()) > 1
    }
    np.testing.assert_array_equal(curves["a"], [6.0, 2.0, math.nan])
    np.testing.assert_array_equal(curves["b"], [1.5, 2.0, 10.0])
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
