"""The logo is what its script draws."""

import importlib
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


@pytest.mark.parametrize("name", ["logo.svg", "favicon.svg", "social.svg"])
def test_logo_files_are_what_the_tool_draws(name, tool, monkeypatch, tmp_path):
    monkeypatch.setattr(tool, "STATIC", tmp_path / "book" / "_static")
    (tmp_path / "book" / "_static").mkdir(parents=True)
    tool.main()
    drawn = (tmp_path / "book" / "_static" / name).read_text(encoding="utf-8")
    assert drawn == (ROOT / "book" / "_static" / name).read_text(encoding="utf-8")
    # An image file knows nothing of the page's text colour.
    assert "stroke:currentColor" not in drawn


@pytest.mark.parametrize(("script", "folder"), [("welcome", "."), ("chapter_pictures", "chapters")])
def test_pictures_of_the_first_page_are_what_their_scripts_draw(
    script, folder, tool, monkeypatch, tmp_path
):
    made = importlib.import_module(script)
    place = tmp_path / "book" / "_static" / folder
    place.mkdir(parents=True)
    if script == "welcome":
        monkeypatch.setattr(made, "TARGET", place / "welcome.svg")
    else:
        monkeypatch.setattr(made, "FOLDER", place)
    made.main()
    drawn = sorted(place.glob("*.svg"))
    assert len(drawn) == (1 if script == "welcome" else 11)
    for path in drawn:
        stored = ROOT / path.relative_to(tmp_path)
        assert path.read_text("utf-8") == stored.read_text("utf-8")


def test_the_walks_of_the_first_page_go_down(tool):
    welcome = importlib.import_module("welcome")
    first, *others = [np.abs(way - welcome.CENTRE) / welcome.SCALE for way in welcome.ways()]
    assert first[-1].max() < 0.2
    for way in others:
        assert way[-1].max() < 0.4
        np.testing.assert_allclose(way[0], np.abs(welcome.START))


def test_the_first_page_moves_only_where_that_is_wanted(tool):
    """What moves is within the question whether the reader wants less of it, and ends."""
    drawn = (ROOT / "book" / "_static" / "welcome.svg").read_text("utf-8")
    style = drawn.split("<style>")[1].split("</style>")[0]
    before, within = style.split("@media (prefers-reduced-motion: no-preference) {")
    assert "animation" not in before + drawn.split("</style>")[1]
    assert "animation-duration: 5s" in within
    assert "infinite" not in within
