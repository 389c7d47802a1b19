"""The homework pages: student's versions and nothing else; a leak in a site is found."""

import json
import shutil
import zipfile

import homework_pages
import pytest
from published import leaks_of_site

from dlzero_grader import master as masters
from dlzero_grader.authoring import student
from dlzero_grader.authoring.leaks import leaks, regions

MASTERS = homework_pages.MASTERS
COURSE = [masters.load(path.stem, MASTERS) for path in sorted(MASTERS.glob("*.ipynb"))]
NAMES = [master.name for master in COURSE]


@pytest.fixture(scope="module")
def made():
    return homework_pages.files_of()


def test_there_is_a_page_and_a_notebook_for_each_homework(made):
    pages = {f"{name}.ipynb" for name in NAMES}
    assert set(made) == pages | {f"public/homework/{page}" for page in pages}
    contents = (homework_pages.ROOT / "_toc.yml").read_text("utf-8")
    assert [name for name in NAMES if f"- file: book/homework/{name}\n" not in contents] == []


@pytest.mark.parametrize("master", COURSE, ids=NAMES)
def test_the_notebook_is_what_the_grader_hands_out(made, master):
    assert made[f"public/homework/{master.name}.ipynb"] == student.student_version(master)


@pytest.mark.parametrize("master", COURSE, ids=NAMES)
def test_a_page_is_the_notebook_and_a_check_of_all(made, master):
    page, given = (
        json.loads(made[f"{master.name}.ipynb"]),
        json.loads(student.student_version(master)),
    )
    *cells, text, code = page["cells"]
    assert cells == given["cells"]
    assert text["cell_type"] == "markdown"
    assert "".join(code["source"]).endswith(f'check("{master.name}")')
    assert len({cell["id"] for cell in page["cells"]}) == len(page["cells"])


@pytest.mark.parametrize("master", COURSE, ids=NAMES)
def test_no_line_of_a_solution_is_there(made, master):
    for text in made.values():
        assert leaks(master, text) == [] or f'"{master.name}"' not in text


def test_a_leak_stops_before_anything_is_written(monkeypatch, tmp_path):
    secret = "return np.min(s * (X @ w + b)) / np.sqrt(w @ w)"
    monkeypatch.setattr(homework_pages, "ALL", secret)
    with pytest.raises(ValueError, match=r"hw01\.ipynb: a secret line would be published"):
        homework_pages.make(pages=tmp_path)
    assert list(tmp_path.rglob("*.ipynb")) == []


def test_only_what_changed_is_written_again(tmp_path):
    folder, pages = tmp_path / "masters", tmp_path / "pages"
    folder.mkdir()
    for name in NAMES[:2]:
        shutil.copy(MASTERS / f"{name}.ipynb", folder)
    homework_pages.make(folder, pages)
    first = pages / f"{NAMES[0]}.ipynb"
    first.touch()
    before = first.stat().st_mtime_ns
    (folder / f"{NAMES[1]}.ipynb").unlink()
    homework_pages.make(folder, pages)
    assert first.stat().st_mtime_ns == before
    assert sorted(path.name for path in pages.rglob("*.ipynb")) == [first.name] * 2
    first.write_text("{}", "utf-8")
    homework_pages.make(folder, pages)
    assert first.read_text("utf-8") == homework_pages.files_of(folder)[first.name]


@pytest.mark.parametrize(
    "place", ["book/homework/hw03.html", "_sources/hw03.ipynb", "searchindex.js", "live/kernel.py"]
)
def test_a_leak_planted_in_a_site_is_found(tmp_path, made, place):
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(made["hw03.ipynb"], "utf-8")
    assert leaks_of_site(COURSE, tmp_path) == []
    region = max(regions(COURSE[2])[0], key=len)
    path.write_text(made["hw03.ipynb"] + region, "utf-8")
    assert leaks_of_site(COURSE, tmp_path)[0].startswith(f"{place}: ")


def test_a_leak_planted_in_the_package_of_a_site_is_found(tmp_path):
    wheel = tmp_path / "live" / "pyodide" / "dlzero-1-py3-none-any.whl"
    wheel.parent.mkdir(parents=True)
    for region, found in (("", 0), (max(regions(COURSE[2])[0], key=len), 1)):
        with zipfile.ZipFile(wheel, "w") as pack:
            pack.writestr("dlzero/rules.py", f'"""{region}"""')
        assert bool(leaks_of_site(COURSE, tmp_path)) == bool(found)
