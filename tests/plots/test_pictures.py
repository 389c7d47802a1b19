"""The pictures show what they say, and refuse what they cannot draw."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from dlzero import LinearUnit, Perceptron, datasets, plots, train
from dlzero.checks import NotFittedError
from dlzero.models import LinearRegression
from dlzero.surfaces import Surface

plt = plots.plt

AND = tuple(datasets.logic("and"))
SALARIES = tuple(datasets.salaries())


@pytest.fixture(scope="module")
def unit():
    return Perceptron(lr=0.1, epochs=10).fit(*AND)


@pytest.fixture(scope="module")
def line():
    return LinearUnit(lr=0.01, epochs=10).fit(*SALARIES)


def test_pictures_use_the_axes_they_get(unit, line):
    pictures = [
        lambda ax: plots.points(*AND, ax),
        lambda ax: plots.boundary(unit, ax),
        lambda ax: plots.boundary_trace(unit, *AND, 3, ax),
        lambda ax: plots.mistakes(unit, ax),
        lambda ax: plots.loss_curve(line, ax),
        lambda ax: plots.residuals(line, *SALARIES, ax),
        lambda ax: plots.residual_plot(line, *SALARIES, ax),
        lambda ax: plots.contours(lambda w: w @ w, (-1, 1), (-1, 1), ax),
        lambda ax: plots.path([[1, 1], [0, 0]], ax),
    ]
    for picture in pictures:
        ax = plots.axes()
        assert picture(ax) is ax
        assert len(plt.get_fignums()) == 1
        assert ax.has_data()
        assert ax.get_title() == ""
        assert picture(None) is not ax
        plt.close("all")


def test_pictures_name_their_axes_unless_the_author_did():
    ax = plots.axes()
    ax.set_xlabel("mine")
    plots.points(*AND, ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("mine", "$x_2$")


def test_pictures_leave_their_input_alone(unit, line):
    X, y = (array.copy() for array in AND)
    X.setflags(write=False)
    y.setflags(write=False)
    plots.boundary_trace(unit, X, y, 4)
    np.testing.assert_array_equal(X, AND[0])
    np.testing.assert_array_equal(y, AND[1])


def test_points_tells_classes_apart_by_shape_and_filling():
    first, second = plots.points(*AND).collections
    assert first.get_offsets().tolist() == [[1, 1]]
    assert len(second.get_offsets()) == 3
    assert len(first.get_paths()[0].vertices) != len(second.get_paths()[0].vertices)
    assert len(first.get_facecolor()) == 1
    assert len(second.get_facecolor()) == 0


@pytest.mark.parametrize("labels", [[0, 1, 1], [-1, 1, 1], ["a", "b", "b"], [False, True, True]])
def test_points_takes_any_two_labels(labels):
    filled, hollow = plots.points([[0, 0], [1, 1], [2, 2]], labels).collections
    assert (len(filled.get_offsets()), len(hollow.get_offsets())) == (2, 1)


def test_points_of_one_class_keep_its_look():
    (hollow,) = plots.points([[1, 2]], [0]).collections
    (filled,) = plots.points([[1, 2]], [1]).collections
    assert (len(hollow.get_facecolor()), len(filled.get_facecolor())) == (0, 1)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([[1, 2, 3]], [1], "X has 3 columns; this picture needs 2"),
        ([1, 2], [1, 0], "two dimensions"),
        ([[1, 2], [3, 4]], [1], "one label for each row"),
        ([[1, 2], [3, 4], [5, 6]], [0, 1, 2], r"3 labels: \[0, 1, 2\]"),
        ([[1, np.nan]], [1], "NaN"),
        ([], [], "at least one sample"),
    ],
)
def test_points_refuses(X, y, message):
    with pytest.raises(ValueError, match=message):
        plots.points(X, y)


def test_boundary_of_a_vertical_and_a_horizontal_line():
    vertical = plots.boundary(([2, 0], -1)).lines[0]
    horizontal = plots.boundary(([0, -4], -4)).lines[0]
    np.testing.assert_allclose(vertical.get_xydata(), [[0.5, -2], [0.5, 2]])
    np.testing.assert_allclose(horizontal.get_xydata(), [[-2, -1], [2, -1]])


@pytest.mark.parametrize("line", [([0, 0], 1), ([1, 1], 100)], ids=["w = 0", "far away"])
def test_boundary_without_a_line_to_see(line):
    ax = plots.boundary(line)
    assert not ax.lines
    assert not ax.texts


weights = st.floats(-5, 5).filter(lambda w: w == 0 or abs(w) > 1e-3)


@given(weights, weights, st.floats(-5, 5))
def test_boundary_is_where_the_unit_is_undecided(w1, w2, b):
    w = np.array([w1, w2])
    distance = abs(b) / np.hypot(w1, w2) if w.any() else np.inf
    assume(distance < 1.9)
    ax = Figure().add_subplot()
    ax.set(xlim=(-2, 2), ylim=(-2, 2))
    plots.boundary((w, b), ax)
    ends = ax.lines[0].get_xydata()
    np.testing.assert_allclose(ends @ w + b, 0, atol=1e-9)
    assert np.abs(ends).max() <= 2 + 1e-8
    np.testing.assert_allclose(np.abs(ends).max(axis=1), 2)  # from edge to edge
    assert ax.get_aspect() == 1
    if ax.texts:
        foot, tip = ax.texts[0].xyann, ax.texts[0].xy
        arrow = np.subtract(tip, foot)
        assert w @ arrow == pytest.approx(np.hypot(*w) * np.hypot(*arrow))
        assert w @ tip + b > 0
        assert ax.texts[1].get_text() == "$w$"


def test_boundary_without_arrow_keeps_the_aspect():
    ax = plots.boundary(([1, 1], 0), normal=False)
    assert not ax.texts
    assert ax.get_aspect() == "auto"


def test_boundary_goes_from_edge_to_edge_of_limits_that_stay():
    ax = plots.points(*AND)
    limits = ax.get_xlim(), ax.get_ylim()
    plots.boundary(([1, 2], -2), ax)
    ax.plot([0, 5], [0, 5])
    assert (ax.get_xlim(), ax.get_ylim()) == limits
    np.testing.assert_allclose(ax.lines[0].get_xdata(), limits[0])


@pytest.mark.parametrize(
    ("model", "kind", "message"),
    [
        (Perceptron(), NotFittedError, r"Perceptron has no coef_. Call fit\(X, y\)"),
        (([1, 2, 3], 0), ValueError, "expected 2 finite weights"),
        (([1, np.inf], 0), ValueError, "expected 2 finite weights"),
        (([1, 2], np.nan), ValueError, "a finite b"),
        ("line", TypeError, "str has no coef_, which this picture draws"),
    ],
)
def test_boundary_refuses(model, kind, message):
    with pytest.raises(kind, match=message):
        plots.boundary(model)


def pale(ax):
    return [drawn for drawn in ax.lines if drawn.get_alpha()]


def test_boundary_trace_shows_the_line_and_those_before(unit):
    n = len(unit.history_)
    for step in range(n):
        ax = plots.boundary_trace(unit, *AND, step)
        bold = [drawn for drawn in ax.lines if not drawn.get_alpha()]
        *w, b = unit.history_[step]
        assert len(pale(ax)) == max(0, step - 1)  # the start has no line
        assert len(bold) == (step > 0)
        for drawn in bold:
            np.testing.assert_allclose(drawn.get_xydata() @ w + b, 0, atol=1e-9)
        rings = ax.collections[-1].get_offsets()
        X, y = AND
        np.testing.assert_array_equal(rings, X[(X @ w + b > 0) != y])


def test_boundary_trace_does_not_jump(unit):
    frames = [plots.boundary_trace(unit, *AND, step) for step in range(11)]
    assert len({(ax.get_xlim(), ax.get_ylim()) for ax in frames}) == 1
    assert {ax.get_aspect() for ax in frames} == {1}


def test_boundary_trace_with_a_line_far_away_still_shows_the_points():
    class Far:
        history_ = np.array([[1.0, 1.0, -1e6]])

    ax = plots.boundary_trace(Far, *AND, 0)
    assert np.ptp(ax.get_xlim()) < 4


def test_boundary_trace_refuses(unit, line):
    with pytest.raises(ValueError, match="step is 11; expected a whole number from 0 to 10"):
        plots.boundary_trace(unit, *AND, 11)
    with pytest.raises(ValueError, match="step must be at least 0, got -1"):
        plots.boundary_trace(unit, *AND, -1)
    for step in (2.5, "2", True, None):
        with pytest.raises(TypeError, match="step must be a whole number, got"):
            plots.boundary_trace(unit, *AND, step)
    with pytest.raises(ValueError, match="Perceptron has no history_"):
        plots.boundary_trace(Perceptron(), *AND, 0)
    with pytest.raises(ValueError, match=r"has shape \(51, 2\)"):
        plots.boundary_trace(line, *AND, 0)
    with pytest.raises(ValueError, match="one label for each row"):
        plots.boundary_trace(unit, AND[0], [1, 0], 0)


def test_mistakes_shows_every_epoch(unit):
    ax = plots.mistakes(unit)
    assert [bar.get_height() for bar in ax.patches] == unit.errors_
    centres = [bar.get_x() + bar.get_width() / 2 for bar in ax.patches]
    np.testing.assert_allclose(centres, range(1, 11))
    assert ax.lines[0].get_xydata().tolist() == [[k, 0] for k in range(5, 11)]


def test_loss_curve_starts_at_epoch_one(line):
    (curve,) = plots.loss_curve(line).lines
    assert curve.get_xdata().tolist() == list(range(1, 11))
    assert curve.get_ydata().tolist() == line.loss_


def test_loss_curves_differ_in_more_than_colour(line):
    ax = plots.loss_curve({"a": line, "b": [3, 2, 1], "c": [1, 2]}, log=True)
    assert ax.get_yscale() == "log"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b", "c"]
    looks = {(c.get_color(), c.get_linestyle(), c.get_marker()) for c in ax.lines}
    assert len({look[1] for look in looks}) == len({look[2] for look in looks}) == 3


def test_loss_curve_takes_more_curves_than_colours():
    assert len(plots.loss_curve({str(k): [k, 1] for k in range(7)}).lines) == 7


@pytest.mark.parametrize(
    ("losses", "log", "kind", "message"),
    [
        ([], False, ValueError, "one number an epoch"),
        ([[1, 2]], False, ValueError, r"shape \(1, 2\)"),
        ([1, 0], True, ValueError, "the smallest is 0. Use log=False"),
        ({"a": [1, 2], "b": [2, np.nan]}, True, ValueError, "the smallest is nan"),
        (LinearUnit(), False, NotFittedError, r"LinearUnit has no loss_. Call fit\(X, y\)"),
        ({}, False, ValueError, "empty dict; expected at least one curve"),
        ("low", False, TypeError, "str has no loss_"),
        (["low"], False, TypeError, "loss must be real numbers"),
    ],
)
def test_loss_curve_refuses(losses, log, kind, message):
    with pytest.raises(kind, match=message):
        plots.loss_curve(losses, log=log)
    assert plt.get_fignums() == []


def test_a_fitted_unit_without_a_loss_is_not_told_to_fit(unit):
    with pytest.raises(TypeError, match="Perceptron has no loss_, which this picture draws"):
        plots.loss_curve(unit)


@pytest.fixture(scope="module")
def record():
    X, y = SALARIES
    return train(LinearRegression(1), X, y, lr=0.01, batch_size=2, epochs=3)


def test_loss_curve_of_a_training_counts_steps(record):
    ax = plots.loss_curve(record)
    assert ax.lines[0].get_xydata().tolist() == [[k, x] for k, x in enumerate(record.loss, 1)]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "loss")
    assert len(record.loss) == 9


def test_loss_curve_of_the_epochs_of_a_training(record, line):
    ax = plots.loss_curve({"training": record.epoch_loss, "unit": line})
    assert ax.lines[0].get_ydata().tolist() == record.epoch_loss
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss")


def test_steps_and_epochs_do_not_share_an_axis(record, line):
    with pytest.raises(ValueError, match=r"others epochs.*history\.epoch_loss"):
        plots.loss_curve({"training": record, "unit": line})


def test_a_training_without_a_step_has_no_curve():
    class Record:
        loss = []  # noqa: RUF012

    with pytest.raises(ValueError, match="expected one number a step"):
        plots.loss_curve(Record())


def test_residuals_go_from_the_line_to_the_data(line):
    X, y = SALARIES
    ax = plots.residuals(line, X, y)
    segments, data = ax.collections
    for (start, end), x, target in zip(segments.get_segments(), X, y, strict=True):
        np.testing.assert_allclose(start, [x[0], line.predict([x])[0]])
        np.testing.assert_allclose(end, [x[0], target])
    np.testing.assert_allclose(data.get_offsets(), np.column_stack([X, y]))
    fitted = ax.lines[0].get_xydata()
    np.testing.assert_allclose(fitted[:, 1], line.predict(fitted[:, :1]))
    assert (np.diff(fitted[:, 0]) > 0).all()


def test_residual_plot_shows_target_minus_prediction(line):
    X, y = SALARIES
    offsets = plots.residual_plot(line, X, y).collections[0].get_offsets()
    np.testing.assert_allclose(offsets[:, 0], line.predict(X))
    np.testing.assert_allclose(offsets[:, 1], y - line.predict(X))


def test_residual_plot_takes_many_features():
    X, y = np.eye(3), [1.0, 2.0, 4.0]
    offsets = plots.residual_plot(([1, 2, 3], 0.5), X, y).collections[0].get_offsets()
    np.testing.assert_allclose(offsets, [[1.5, -0.5], [2.5, -0.5], [3.5, 0.5]])


def test_residuals_refuses(line):
    with pytest.raises(ValueError, match="X has 2 columns; this picture needs 1"):
        plots.residuals(line, np.ones((3, 2)), [1, 2, 3])
    with pytest.raises(ValueError, match="LinearUnit has no coef_"):
        plots.residuals(LinearUnit(), *SALARIES)
    with pytest.raises(ValueError, match="expected 2 finite weights"):
        plots.residual_plot(line, np.ones((3, 2)), [1, 2, 3])


def bowl(w):
    return w[0] ** 2 + 4 * w[1] ** 2


def test_contours_are_level():
    ax = plots.contours(bowl, (-3, 3), (-2, 2), minimum=(0, 0), levels=[1.0, 4.0])
    *rings, mark = ax.lines
    for ring, level in zip(rings, (1, 4), strict=True):
        points = ring.get_xydata()
        np.testing.assert_allclose([bowl(w) for w in points], level, atol=0.02)
        np.testing.assert_allclose(np.abs(points).max(axis=0), [level**0.5, level**0.5 / 2], 1e-2)
    assert mark.get_xydata().tolist() == [[0, 0]]
    assert ax.get_aspect() == 1
    assert (ax.get_xlim(), ax.get_ylim()) == ((-3, 3), (-2, 2))


def test_contours_ask_a_surface_once():
    asked = []

    def value(x, y):
        asked.append(np.shape(x))
        return x**2 + 4 * y**2

    f = Surface("mine", value, lambda x, y: (2 * x, 8 * y), ((-2, 2), (-2, 2)), (1.0, 1.0))
    surface = plots.contours(f, (-3, 3), (-2, 2), levels=[1.0, 4.0])
    assert asked == [(81, 81)]
    point = plots.contours(lambda w: f(w), (-3, 3), (-2, 2), levels=[1.0, 4.0])
    for one, other in zip(surface.lines, point.lines, strict=True):
        np.testing.assert_allclose(one.get_xydata(), other.get_xydata(), rtol=1e-12)


def test_contours_of_a_bowl_are_evenly_spaced():
    ax = plots.contours(bowl, (-3, 3), (-1.5, 1.5), minimum=(0, 0), levels=5)
    right = sorted(ring.get_xdata().max() for ring in ax.lines[:3])
    np.testing.assert_allclose(np.diff(right), right[0], rtol=0.02)


def test_contours_of_a_function_that_takes_one_point_only():
    X, y = SALARIES
    ax = plots.contours(
        lambda w: np.mean((X[:, 0] * w[0] + w[1] - y) ** 2), (0, 2e3), (-3e3, 3e3), aspect="auto"
    )
    assert len(ax.lines) >= 5
    assert ax.get_aspect() == "auto"


@pytest.mark.parametrize(
    ("fun", "xlim", "message"),
    [
        (bowl, (1, 1), r"xlim is \(1, 1\); expected \(low, high\)"),
        (bowl, (2, 1), "low < high"),
        (bowl, 3, "xlim is 3"),
        (lambda w: np.inf, (0, 1), "fun is not finite"),
    ],
)
def test_contours_refuses(fun, xlim, message):
    with pytest.raises(ValueError, match=message):
        plots.contours(fun, xlim, (0, 1))


def test_contours_need_a_function():
    with pytest.raises(TypeError, match="fun must be a function, got 3"):
        plots.contours(3, (0, 1), (0, 1))


def test_path_shows_every_step_and_marks_the_start():
    way, start = plots.path([[4, 2], [2, 1], [1, 0.5]], series=1).lines
    assert way.get_xydata().tolist() == [[4, 2], [2, 1], [1, 0.5]]
    assert start.get_xydata().tolist() == [[4, 2]]
    assert (way.get_color(), way.get_marker()) == (plots.COLORS[1], plots.MARKERS[1])


def test_path_refuses():
    for bad in ([1, 2], np.ones((2, 3)), np.ones((0, 2))):
        with pytest.raises(ValueError, match=r"expected \(n_steps \+ 1, 2\)"):
            plots.path(bad)


def masked(values):
    return np.ma.array(values, mask=np.arange(np.size(values)).reshape(np.shape(values)) == 0)


PAIRS = [[0.0, 1.0], [1.0, 0.5], [2.0, 0.0]]


@pytest.mark.parametrize(
    "draw",
    [
        lambda change: plots.points(change(PAIRS), [0, 1, 1]),
        lambda change: plots.points(PAIRS, change([0, 1, 1])),
        lambda change: plots.boundary((change([1.0, 2.0]), 0.0)),
        lambda change: plots.residuals(([1.0], 0.0), [[1], [2], [3]], change([1, 2, 4])),
        lambda change: plots.residual_plot(([1.0, 1.0], 0.0), change(PAIRS), [1, 2, 4]),
        lambda change: plots.mistakes(change([3, 2, 0])),
        lambda change: plots.loss_curve(change([3.0, 2.0, 1.0])),
        lambda change: plots.loss_curve({"a": change([3.0, 2.0, 1.0])}),
        lambda change: plots.path(change(PAIRS)),
        lambda change: plots.contours(np.sum, (0, 1), (0, 1), levels=change([0.5, 1.0])),
        lambda change: plots.contours(np.sum, (0, 1), (0, 1), minimum=change([0.0, 0.0])),
    ],
)
def test_a_picture_takes_any_container_and_refuses_a_mask(draw):
    def drawn(change):
        ax = draw(change)
        data = [line.get_xydata().tolist() for line in ax.lines]
        data += [dots.get_offsets().tolist() for dots in ax.collections if dots.get_offsets().size]
        return data + [bar.get_height() for bar in ax.patches if hasattr(bar, "get_height")]

    expected = drawn(np.array)
    for change in (list, tuple, np.ma.array, lambda a: np.array(a, dtype=object)):
        assert drawn(change) == expected
    with pytest.raises(ValueError, match=r"1 masked value\(s\)"):
        draw(masked)
    with pytest.raises(TypeError):
        draw(iter)


@pytest.mark.parametrize("pair", [([1.0], [1.0, 2.0]), (["a"], 1.0), ([1.0], [])])
def test_a_line_needs_numbers(pair):
    with pytest.raises((TypeError, ValueError), match=r"must be real numbers|one number"):
        plots.residuals(pair, [[1], [2]], [1, 2])


def test_a_minimum_is_one_point():
    with pytest.raises(ValueError, match=r"minimum has shape \(3,\); expected \(2,\)"):
        plots.contours(np.sum, (0, 1), (0, 1), minimum=[0, 0, 0])
