"""A small book for one test: a notebook with outputs, and the theme and extension of the course."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[2]
CONF = """
import sys
from pathlib import Path
import yaml
sys.path.insert(0, {ext!r})
extensions = ["myst_nb", "sphinx.ext.autodoc", "dlzero_book", "dlzero_formulas", "dlzero_keep"]
extensions += ["sphinx_design", "sphinx_exercise"]
myst_enable_extensions = ["dollarmath"]
html_theme = "sphinx_book_theme"
html_static_path = ["_static"]
html_extra_path = ["public"]
templates_path = [{templates!r}]
config = yaml.safe_load(Path({ext!r}, "..", "_config.yml").read_text("utf-8"))
html_css_files = config["sphinx"]["config"]["html_css_files"]
html_js_files = config["sphinx"]["config"]["html_js_files"]
html_math_renderer = "dlzero"
nb_execution_mode = "off"
nb_mime_priority_overrides = [["html", "text/html", 1], ["gettext", "text/html", 1]]
numfig = True
locale_dirs = ["locale"]
gettext_compact = False
"""
#: What a book adds whose pages run.
LIVE = """
extensions.append("dlzero_live")
exclude_patterns = ["_vendor"]
html_extra_path = ["_vendor/public"]
"""


def code(source, *outputs, tags=()):
    """Return a code cell; an output is a text that was printed, or something that can be shown."""
    made = []
    for output in outputs:
        if isinstance(output, str):
            made.append(nbformat.v4.new_output("stream", text=output))
        else:
            bundle = output._repr_mimebundle_()
            made.append(nbformat.v4.new_output("display_data", bundle))
    return nbformat.v4.new_code_cell(source, outputs=made, metadata={"tags": list(tags)})


def write(folder, cells, conf="", **pages):
    """Write the sources of a book: index.ipynb with these cells, and other pages."""
    (folder / "_static").mkdir(parents=True)
    for path in (ROOT / "book" / "_static").glob("*.[cj]s*"):
        shutil.copy(path, folder / "_static")
    (folder / "public").mkdir()
    (folder / "public" / "vendor").symlink_to(ROOT / "_vendor" / "public" / "vendor")
    made = CONF.format(ext=str(ROOT / "_ext"), templates=str(ROOT / "book" / "_templates"))
    (folder / "conf.py").write_text(made + conf, "utf-8")
    cells = [nbformat.v4.new_markdown_cell(c) if isinstance(c, str) else c for c in cells]
    language = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=language), folder / "index.ipynb")
    for name, text in pages.items():
        path = folder / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")


def write_live(folder, cells, extensions=(), **pages):
    """Write the sources of a book whose cells run in the browser."""
    more = "".join(f"extensions.append({name!r})\n" for name in extensions)
    write(folder, cells, LIVE + more, **pages)
    (folder / "_vendor" / "public").mkdir(parents=True)
    (folder / "_vendor" / "public" / "live").symlink_to(ROOT / "_vendor" / "public" / "live")


def build(folder, builder="html", language="en"):
    """Build it without a warning; return the folder of the result."""
    built = folder.with_name(f"{folder.name}-{builder}-{language}")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", builder]
    command += ["-D", f"language={language}", str(folder), str(built)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return built
