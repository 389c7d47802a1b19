"""Pictures are drawn without a window, and closed before and after each test."""

import matplotlib
import pytest

matplotlib.use("agg")

from dlzero import plots


@pytest.fixture(autouse=True)
def _close_figures():
    plots.plt.close("all")  # another room may have left one open in this process
    yield
    plots.plt.close("all")
