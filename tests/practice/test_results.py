"""Results: what is read from the rows of a comparison."""

import math
import os

import numpy as np
import pytest
from comparisons import ROOT, plain

from dlzero.practice import Results, Run

SWEEP = ROOT / "dlzero" / "practice" / "data" / "sweep.csv.gz"
OLD = 26.5  # bytes a row of the first version, where a run in eight had a curve


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


def runs(losses, start=10.0, **change):
    """One method with a rate a key and a seed a value."""
    return Results(
        Run(
            **next(rows())
            | {"lr": lr, "seed": seed, "train": loss, "curve": [start, loss]}
            | change
        )
        for lr, values in losses.items()
        for seed, loss in enumerate(values)
    )


def test_a_rate_is_good_up_to_its_share_of_the_way():
    # from 10 to 2: 95 % of the way is 2.4
    (best,) = runs({0.01: [2.0], 0.1: [2.4], 1.0: [2.41]}).best()
    assert (best["good"], best["decades"], best["lr"]) == (2, 2.0, 0.01)
    (best,) = runs({0.01: [2.0], 0.1: [2.4], 1.0: [2.41]}).best(share=0)
    assert best["good"] == 3
    (best,) = runs({0.01: [2.0], 0.1: [2.4], 1.0: [2.41]}).best(share=1)
    assert best["good"] == 1
    with pytest.raises(ValueError, match=r"from 0 to 1, got -0\.1"):
        runs({0.1: [2.0]}).best(share=-0.1)


def test_the_start_is_the_median_of_the_first_losses():
    three = [*runs({0.1: [1.0]}, start=4.0), *runs({0.1: [1.0]}, start=6.0)]
    three += [*runs({0.1: [1.0]}, start=100.0), *runs({1.0: [3.6]}, start=6.0)]
    # from 6 to 1 half of the way is 3.5
    assert Results(three).best(share=0.5)[0]["good"] == 1
    assert Results(three).best(share=0.48)[0]["good"] == 2


def test_the_edges_of_a_grid_are_its_first_and_last_rate():
    for losses, edge in (([1, 2, 3], True), ([2, 1, 3], False), ([3, 2, 1], True)):
        (best,) = runs(dict(zip((0.01, 0.1, 1.0), ([loss] for loss in losses), strict=True))).best()
        assert best["edge"] == edge
    (alone,) = runs({0.1: [1.0]}).best()
    assert (alone["edge"], alone["good"], alone["decades"]) == (False, 1, 0.0)
    (two,) = runs({0.1: [1.0], 10.0: [1.0]}).best()
    assert (two["edge"], two["decades"], two["lr"]) == (True, 4.0, 0.1)


def test_the_time_of_a_step_is_that_of_runs_that_ended_well():
    slow = runs({0.1: [1.0, 1.0]}, seconds=30.0, status="diverged")
    (best,) = Results([*runs({0.1: [1.0]}, seconds=0.05, budget=25), *slow]).best()
    assert best["ms"] == pytest.approx(2.0)
    assert best["ok"] == pytest.approx(1 / 3)
    assert math.isnan(slow.best()[0]["ms"])


def test_the_quartiles_are_values_of_runs():
    (found,) = runs({0.1: [5.0, 1.0, 4.0, 2.0, 3.0, 7.0, 6.0]}).median()
    assert (found["low"], found["median"], found["high"]) == (2.0, 4.0, 6.0)


def test_the_table_to_the_letter():
    results = runs({0.01: [1 / 3, 1 / 3], 0.1: [2 / 3, 0.7]}, seconds=0.0123)
    results.message = "Done."
    assert repr(results) == "\n".join(
        (
            "4 runs. Done.",
            "",
            "p: final train loss, median of the seeds",
            "  method                    tuned                  band   best lr  decades "
            "   default       lr    ok  ms/step",
            "  a                        0.3333        0.333 to 0.333     0.01!        2 "
            "       nan      nan  100%     1.23",
            "",
            "! the best rate is at the edge of the grid: try a wider one",
        )
    )
    heads = [line for line in results.table("validation") if "final" in line]
    assert heads == ["p: final validation loss, median of the seeds"]
    assert "!" not in "".join(runs({0.1: [1.0]}).table())


def test_the_default_is_no_rate_of_the_grid():
    both = [*runs({0.1: [3.0]}), *runs({1.0: [1.0, 2.0, 4.0, 5.0]}, default=True)]
    (best,) = Results(both).best()
    assert (best["lr"], best["median"], best["default_lr"]) == (0.1, 3.0, 1.0)
    assert (best["default_low"], best["default"], best["default_high"]) == (1.0, 2.0, 4.0)


def test_results_are_complete_unless_told_otherwise():
    assert Results([]).complete
    assert not Results(rows(), complete=False).filter(method="a").complete
    assert Results(rows(), "so it ended").filter(method="a").message == "so it ended"


def test_a_filter_takes_a_set_or_a_tuple_too():
    results = Results(rows())
    assert len(results.filter(seed={0, 2})) == len(results.filter(seed=(0, 2))) == 16


def test_a_folder_is_no_file_and_stays_empty(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        Results(rows()).to_csv(tmp_path / "folder")
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


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


def test_runs_without_a_value_are_left_out_of_its_median():
    some = [Run(**row | {"accuracy": 0.9 if row["seed"] else math.nan}) for row in rows()]
    found = Results(some).median("accuracy")[0]
    assert (found["low"], found["median"], found["high"], found["runs"]) == (0.9, 0.9, 0.9, 3)
    assert math.isnan(Results(rows()).median("accuracy")[0]["median"])


def test_there_is_no_best_rate_of_a_loss_that_no_run_has():
    none = Results(row | {"validation": math.nan} for row in rows())
    for best in none.best("validation"):
        assert all(math.isnan(best[name]) for name in ("lr", "median", "default"))
        assert (best["edge"], best["good"]) == (False, 0)
    # Nor does a problem without that loss spoil the other rates of one that has it.
    some = Results(row | {"validation": math.nan} if row["lr"] == 0.01 else row for row in rows())
    assert some.best("validation")[0]["lr"] == 0.1
    assert some.best("validation")[0]["good"] == 1


def test_a_table_keeps_what_its_reader_needs(tmp_path):
    def stored(**change):
        Results([next(rows()) | change]).to_csv(tmp_path / "a.csv")
        return Results.from_csv(tmp_path / "a.csv").rows[0]

    for lr in (0.1, 0.1000001, 1 / 3, 5e-324, np.float64(1e22)):
        assert stored(lr=lr).lr == lr
    assert stored(train=1 / 3).train == 0.333333
    assert stored(seconds=1 / 3).seconds == 0.333
    assert stored(curve=[1 / 3, math.inf, math.nan]).curve[:2] == [0.3333, math.inf]
    reason = 'a, "b"\n# c'
    assert stored(reason=reason).reason == reason


class NoRoom:
    """A row after which the disk is full."""

    def __getitem__(self, name):
        raise OSError("no room")


@pytest.mark.parametrize("name", ["runs.csv", "runs.csv.gz", "runs.csv.xz"])
def test_a_table_that_cannot_be_finished_leaves_what_was_there(name, tmp_path):
    path, results = tmp_path / name, Results(rows())
    results.rows.append(NoRoom())
    with pytest.raises(OSError, match="no room"):
        results.to_csv(path)
    assert [*tmp_path.iterdir()] == []
    Results(rows()).to_csv(path)
    before = path.read_bytes()
    with pytest.raises(OSError, match="no room"):
        results.to_csv(path, "another")
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with a name")
def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    path = tmp_path / "runs.csv"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        Results([next(rows())]).to_csv(path)
        assert os.read(reader, 10_000).count(b"\n") == 2
        assert path.is_fifo()
    finally:
        os.close(reader)


def test_the_stored_sweep_is_read_and_gets_smaller(tmp_path):
    stored = Results.from_csv(SWEEP)
    for ending, share in (("gz", 0.85), ("xz", 0.65)):
        path = tmp_path / f"a.csv.{ending}"
        stored.to_csv(path, stored.message.split("\n"))
        again = Results.from_csv(path)
        assert again.message == stored.message
        assert [r.lr for r in again] == [r.lr for r in stored]
        assert path.stat().st_size < share * OLD * len(stored)


@pytest.mark.parametrize("name", ["runs.csv", "runs.csv.gz", "runs.csv.xz"])
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


def test_negative_losses_are_drawn_where_they_are():
    from dlzero.practice.picture import loss_against_rate

    (ax,) = loss_against_rate(Results(row | {"train": row["train"] - 5} for row in rows())).axes
    assert ax.get_yscale() == "linear"
    assert ax.get_lines()[0].get_ydata().tolist()[:2] == [1.0, -3.0]


def test_a_header_of_several_lines_is_read_back(tmp_path):
    path = tmp_path / "runs.csv"
    Results(rows()).to_csv(path, ["one\ntwo", "", "three"])
    again = Results.from_csv(path)
    assert again.message == "one\ntwo\n\nthree"
    assert len(again) == len(Results(rows()))


def test_a_header_that_somebody_wrote_is_read_whole(tmp_path):
    path = tmp_path / "runs.csv"
    Results(rows()).to_csv(path)
    path.write_text("#one\n#  two  \n" + path.read_text())
    assert Results.from_csv(path).message == "one\ntwo"


def test_a_header_may_be_one_text_and_is_text(tmp_path):
    path = tmp_path / "runs.csv"
    Results(rows()).to_csv(path, "one\r\ntwo")
    assert Results.from_csv(path).message == "one\ntwo"
    with pytest.raises(TypeError, match="each line of header must be a text, got 3"):
        Results(rows()).to_csv(path, ["one", 3])
    assert Results.from_csv(path).message == "one\ntwo"


@pytest.mark.parametrize("name", ["\r", "a\rb", "a\r\nb", "\n", '"', ",", "#", " ", "\x85", "=1"])
def test_any_name_comes_back(name, tmp_path):
    path = tmp_path / "runs.csv"
    Results([dict(row, problem=name, method=name) for row in rows()]).to_csv(path)
    again = Results.from_csv(path)
    assert again.values("problem") == again.values("method") == [name]
    assert b"\r\n" not in path.read_bytes().replace(name.encode(), b"")


def test_a_table_that_a_spreadsheet_saved_is_read(tmp_path):
    path = tmp_path / "runs.csv"
    Results(rows()).to_csv(path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(Results.from_csv(path)) == len(Results(rows()))


@pytest.mark.parametrize(
    ("ending", "change", "words"),
    [
        (".csv", lambda b: b.replace(b"0.01", b"zz", 1), "row 1 cannot be read .*'zz'"),
        (".csv", lambda b: b.rsplit(b",", 4)[0] + b"\n", "row 24 cannot be read .*as many columns"),
        (".csv", lambda b: b[:-1] + b",more\n", "row 24 cannot be read .*as many columns"),
        (".csv", lambda b: b"\xff" + b, "is no table of runs"),
        (".csv.gz", lambda b: b[:-20], "is no table of runs"),
        (".csv.gz", lambda b: b[1:], "is no table of runs"),
        (".csv.xz", lambda b: b[:-20], "is no table of runs"),
        (".csv.xz", lambda b: b[1:], "is no table of runs"),
    ],
)
def test_a_table_that_is_cut_or_changed_is_named(ending, change, words, tmp_path):
    path = tmp_path / f"runs{ending}"
    Results(rows()).to_csv(path)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ValueError, match=f"runs{ending} .*{words}"):
        Results.from_csv(path)


def test_a_table_in_no_folder_is_named_by_its_own_name(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere. for a\.csv$"):
        Results(rows()).to_csv(tmp_path / "nowhere" / "a.csv")


def test_no_results_are_no_picture():
    from dlzero.practice.picture import loss_against_rate

    with pytest.raises(ValueError, match="no results to draw"):
        loss_against_rate(Results([]))
    without = [dict(row, validation=math.nan) for row in rows()]
    with pytest.raises(ValueError, match="no run has a validation loss"):
        loss_against_rate(Results(without), "validation")


@pytest.mark.parametrize("by", ["train", "validation"])
def test_a_picture_of_divergences_has_empty_panels(by, tmp_path):
    from dlzero.practice.picture import loss_against_rate

    none = dict.fromkeys(["train", "validation"], math.inf)
    lost = [dict(row, problem="lost", **none) for row in rows()]
    for some in (lost, [*lost, *rows()]):
        figure = loss_against_rate(Results(some), by)
        figure.savefig(tmp_path / "rates.svg")
        assert figure.axes[0].get_title() == "lost"
        assert {ax.get_xscale() for ax in figure.axes} == {"log"}
