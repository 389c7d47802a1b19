"""The logo is what its script draws."""

from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tool(monkeypatch):
    """The script, as a module."""
    monkeypatch.syspath_prepend(ROOT / "tools" / "make")
    import logo

    return logo


def test_logo_goes_down(tool):
    way = tool.draw_logo().lines[4].get_xydata()
    heights = [w1**2 / 2 + 2 * w2**2 for w1, w2 in way]
    assert (np.diff(heights) < 0).all()
    assert (np.diff(np.sign(way[:, 1])) != 0).all()  # each step to the other side


@pytest.mark.parametrize("name", ["logo.svg", "favicon.svg", "social.svg", "welcome.svg"])
def test_logo_files_are_what_the_tool_draws(name, tool, monkeypatch, tmp_path):
    monkeypatch.setattr(tool, "STATIC", tmp_path / "book" / "_static")
    (tmp_path / "book" / "_static").mkdir(parents=True)
    tool.main()
    drawn = (tmp_path / "book" / "_static" / name).read_text(encoding="utf-8")
    assert drawn == (ROOT / "book" / "_static" / name).read_text(encoding="utf-8")
    # An image file knows nothing of the page's text colour.
    assert "stroke:currentColor" not in drawn
