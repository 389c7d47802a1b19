"""Pictures are drawn without a window, and closed after each test."""

import matplotlib
import pytest

matplotlib.use("agg")

from dlzero import plots


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plots.plt.close("all")
