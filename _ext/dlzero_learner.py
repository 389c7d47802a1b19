"""The notebook that a reader takes along: made with each page, as notebooks/… beside the site.

The builder ``learner`` makes those that ``make lab`` opens, and no page.

With the address of a repository on GitHub (DLZERO_REPOSITORY, as the publishing workflow sets it)
the notebook installs the package by itself, and the page has buttons for Binder and Colab. They
open the branch ``notebooks``, to which the workflow pushes what stands here in that folder. With
the address of the site (DLZERO_WEBSITE) links lead to its pages, else to the notebooks beside.
"""

import json
import os
import posixpath
import re
import shutil
from pathlib import Path

import pybtex.plugin
from dlzero_homework import is_homework
from dlzero_plain import code_cell, lines, markdown_cell, notebook
from sphinx.builders import Builder
from sphinx.errors import ConfigError
from sphinx.locale import get_translation

_ = get_translation("dlzero")

#: The folder beside the pages, and the branch that holds the same.
NOTEBOOKS = "notebooks"
#: The homework without answers, as tools/homework_pages.py writes it.
HANDED_OUT = "book/homework/public/homework"
#: What a notebook imports beyond the pictures, and the part of the package that needs it.
PARTS = {"dlzero.fast": "fast", "dlzero.practice": "sweep", "joblib": "sweep"}
#: What needs no backslash. JupyterLab takes one before a bracket for the beginning of a formula.
ESCAPED = re.compile(r"\\([^\w\s*_`<\[\]\\])")
GITHUB = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+")


class Book:
    """What the notebook of a page needs of the built book, as plain Markdown."""

    def __init__(self, app, page):
        self.app, self.env, self.page, self.cited = app, app.env, page, []
        self.counted = self.env.toc_fignumbers.get(page, {})
        # Not every figure has a name, so the k-th takes the k-th number.
        self.waiting = {kind: iter(self.counted.get(kind, {})) for kind in ("figure", "table")}

    def figure(self, name):
        """Return the number of the next figure of the page, such as "Fig. 3.1"."""
        return self._next("figure", name)

    def table(self, name):
        """Return the number of the next table of the page."""
        return self._next("table", name)

    def _next(self, kind, name):
        found = next(self.waiting[kind], None)
        if found is None or name not in (None, found):
            raise ValueError(
                f"{self.page}: the page numbers {found!r} where the notebook shows the {kind} "
                f"{name!r}; expected the same order in both. Build the site from empty."
            )
        return self._number(kind, self.page, found)

    def _number(self, kind, page, name):
        number = ".".join(map(str, self.env.toc_fignumbers[page][kind][name]))
        return self.app.config.numfig_format[kind] % number

    def exercise(self, label):
        """Return the number of an exercise, such as "Exercise 3.2"."""
        return self._number("exercise", self.page, label)

    def equation(self, label):
        """Return the number of a formula of any page, such as "3.1"."""
        page, number = self.env.get_domain("math").equations[label]
        found = self.env.toc_fignumbers.get(page, {}).get("displaymath", {})
        return ".".join(map(str, found.get(f"equation-{label}", [number])))

    def numref(self, name, title):
        """Return a link to a numbered figure or table."""
        page, place, _title = self.env.get_domain("std").labels[name]
        kind = next(k for k, v in self.env.toc_fignumbers[page].items() if place in v)
        return self._link(self._number(kind, page, place), page, place, "")

    def ref(self, name, title):
        """Return a link to a section."""
        page, place, section = self.env.get_domain("std").labels[name]
        return self._link(title or section, page, place, section.replace(" ", "-"))

    def doc(self, name, title):
        """Return a link to a page."""
        page = posixpath.normpath(posixpath.join(posixpath.dirname(self.page), name))
        return self._link(title or self.env.titles[page].astext(), page)

    def term(self, name, title):
        """Return a link to the glossary, where its address is known; else the word alone."""
        std = self.env.get_domain("std")
        page, place = std.objects.get(("term", name)) or std._terms[name.lower()]
        return self._link(title or name, page, place)

    def _link(self, text, page, place="", section=""):
        """Return a link to the site; without its address, to a notebook that stands beside."""
        if site := self.app.config.dlzero_website:
            address = site + self.app.builder.get_target_uri(page)
            return f"[{text}]({address}{'#' if place else ''}{place})"
        if not is_notebook(self.env, page):
            return str(text)
        beside = posixpath.relpath(f"{page}.ipynb", posixpath.dirname(self.page))
        target = ("" if page == self.page else beside) + (f"#{section}" if section else "")
        return f"[{text}]({target})" if target else str(text)

    def cite(self, keys, kind):
        """Return a citation as the page has it, with round brackets; kind is "p" or "t"."""
        cite = self.env.get_domain("cite")
        node = cite.resolve_xref(self.env, self.page, self.app.builder, kind, keys, None, None)
        self.cited += [key.strip() for key in keys.split(",")]
        return node.astext().replace("[", "(").replace("]", ")")

    def sources(self):
        """Return what the notebook cites, each work once, in the order of the bibliography."""
        if not self.cited:
            return []
        backend = pybtex.plugin.find_plugin("pybtex.backends", "markdown")()
        entries = {each.key: each.formatted_entry for each in self.env.get_domain("cite").citations}
        return [
            ESCAPED.sub(r"\1", " ".join(entry.text.render(backend).split()))
            for key, entry in entries.items()
            if key in self.cited
        ]


def is_notebook(env, page):
    """Tell whether a page is a notebook to take along: a homework has a file of its own."""
    return str(env.doc2path(page)).endswith(".ipynb") and not is_homework(page)


def first_cells(app, page, lesson):
    """Return the cells that say how to install, and install where an address is known."""
    code = "".join(
        "".join(cell["source"]) for cell in lesson["cells"] if cell["cell_type"] == "code"
    )
    parts = sorted({part for name, part in PARTS.items() if name in code} | {"widgets"})
    wanted = f"dlzero[{','.join(parts)}]"
    about = _("This notebook belongs to {0}. To run it you need Python 3.11 or later and dlzero.")
    course = f"*{app.config.html_title}*"
    if site := app.config.dlzero_website:
        course = f"[{app.config.html_title}]({site}{app.builder.get_target_uri(page)})"
    address = app.config.dlzero_repository
    if address:
        install = f'%pip install -q "{wanted} @ git+{address}"'
        how = str(_("The next cell installs it where it is missing."))
    else:
        install = 'raise ImportError("Install dlzero first: the cell above says how.") from None'
        command = f'python -m pip install ".{wanted.removeprefix("dlzero")}"'
        how = str(_("In the folder of the course, where README.md is, type {0}.")).format(
            f"`{command}`"
        )
    code = f"try:\n    import dlzero\nexcept ImportError:\n    {install}"
    text = f"> {str(about).format(course)} {how}"
    return [markdown_cell("install", text), code_cell("install-code", code)]


def stored(env, page):
    """Return the notebook that a page is made of."""
    return json.loads(Path(env.doc2path(page)).read_text(encoding="utf-8"))


def write(made, target):
    """Write a notebook, in the form of those in this repository."""
    target.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(made, ensure_ascii=False, indent=1) + "\n"
    target.write_text(text, encoding="utf-8", newline="\n")


class LearnerBuilder(Builder):
    """Writes the notebooks that `make lab` opens. It needs nothing of what makes pages."""

    name = "learner"
    epilog = "The notebooks are in %(outdir)s."

    def get_outdated_docs(self):
        """Return all pages: the number of a figure may change with another page."""
        return self.env.found_docs

    def get_target_uri(self, docname, typ=None):
        """Return the address of a page on the site."""
        return f"{docname}.html"

    def write(self, build_docnames, updated_docnames, method="update"):
        """Write the notebooks, the homework as it is handed out, and the page to start from."""
        folder = Path(self.outdir)
        shutil.rmtree(folder)
        for page in (page for page in self.env.found_docs if is_notebook(self.env, page)):
            made = notebook(stored(self.env, page), Book(self.app, page), [])
            write(made, folder / f"{page}.ipynb")
        shutil.copytree(Path(self.srcdir, HANDED_OUT), folder / "homework")
        write(start_page(self.app), folder / "start.ipynb")


def start_page(app):
    """Return the notebook that `make lab` shows first: contents, and what happens to changes."""
    titles, found = app.env.titles, app.env.found_docs
    rows = [f"| | {_('Chapter')} | {_('Deeper')} | {_('Homework')} |", "| --: | :-- | :-- | :-- |"]
    for page in sorted(page for page in found if posixpath.dirname(page) == "lessons"):
        name = posixpath.basename(page)
        number = app.env.toc_secnumbers[page][""][0]
        pages = {page: page, f"lessons/deeper/{name}": f"lessons/deeper/{name}"}
        pages[f"book/homework/hw{number:02}"] = f"homework/hw{number:02}"
        links = [
            f"[{titles[source].astext()}]({target}.ipynb)" if source in titles else ""
            for source, target in pages.items()
        ]
        rows.append(f"| {number} | {' | '.join(links)} |")
    others = sorted(p for p in found if posixpath.dirname(p) == "book" and is_notebook(app.env, p))
    text = [
        f"# {app.config.html_title}",
        str(_("These notebooks are yours: run them, and write in them. Shift+Enter runs a cell.")),
        str(_("The cell below a question shows what comes out when you run it.")),
        "\n".join(rows),
        "\n".join(f"- [{titles[page].astext()}]({page}.ipynb)" for page in others),
        str(_("A notebook that you have changed is never written over by a newer edition.")),
        str(_("To begin one anew, delete it and start the lab again.")),
    ]
    cells = [markdown_cell("start", lines("\n\n".join(text)))]
    python = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": python, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def write_notebook(app, pagename, templatename, context, doctree):
    """Write the notebook of a page, and let the buttons of the page lead to it."""
    if doctree is None or not is_notebook(app.env, pagename):
        return
    lesson = stored(app.env, pagename)
    made = notebook(lesson, Book(app, pagename), first_cells(app, pagename, lesson))
    name = f"{NOTEBOOKS}/{pagename}.ipynb"
    write(made, Path(app.outdir, name))
    groups = context.get("header_buttons", [])
    for button in (button for group in groups for button in group.get("buttons", [])):
        if button.get("label") == "download-source-button":
            button["url"] = context["pathto"](name, 1)
            button["tooltip"] = str(_("Download this notebook"))
    if app.config.dlzero_repository:
        groups.insert(0, launch_buttons(app.config.dlzero_repository, pagename))


def launch_buttons(address, page):
    """Return the buttons that open the notebook of a page where it can run."""
    whose = address.removeprefix("https://github.com/")
    open_on = {
        "Binder": f"https://mybinder.org/v2/gh/{whose}/{NOTEBOOKS}?urlpath=lab/tree/{page}.ipynb",
        "Colab": f"https://colab.research.google.com/github/{whose}/blob/{NOTEBOOKS}/{page}.ipynb",
    }
    icons = {"Binder": "_static/images/logo_binder.svg", "Colab": "_static/images/logo_colab.png"}
    return {
        "type": "group",
        "tooltip": str(_("Run this notebook")),
        "icon": "fas fa-rocket",
        "label": "launch-buttons",
        "buttons": [
            {
                "type": "link",
                "text": name,
                "tooltip": str(_("Run on {0}")).format(name),
                "icon": icons[name],
                "url": url,
            }
            for name, url in open_on.items()
        ],
    }


def for_binder(app, error):
    """Say beside the notebooks what Binder has to install."""
    address = app.config.dlzero_repository
    if error or not address or app.builder.format != "html":
        return
    folder = Path(app.outdir, NOTEBOOKS)
    folder.mkdir(exist_ok=True)
    parts = ",".join(sorted({*PARTS.values(), "widgets"}))
    (folder / "requirements.txt").write_text(f"dlzero[{parts}] @ git+{address}\n")
    (folder / "runtime.txt").write_text("python-3.12\n")


def addresses(app, config):
    """Check the addresses of the repository and of the site."""
    address = config.dlzero_repository.rstrip("/").removesuffix(".git")
    if address and not GITHUB.fullmatch(address):
        raise ConfigError(
            f"DLZERO_REPOSITORY is {address!r}; expected an address that Binder and Colab can "
            "open, such as https://github.com/OWNER/NAME. Mend it, or leave it out."
        )
    config.dlzero_repository = address
    config.dlzero_website = config.dlzero_website and config.dlzero_website.rstrip("/") + "/"


def setup(app):
    for name in ("repository", "website"):
        value = os.environ.get(f"DLZERO_{name.upper()}", "")
        app.add_config_value(f"dlzero_{name}", value, "html", str)
    app.add_builder(LearnerBuilder)
    app.connect("config-inited", addresses)
    app.connect("html-page-context", write_notebook, priority=900)
    app.connect("build-finished", for_binder)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
