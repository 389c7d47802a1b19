"""What a page needs so that its cells run in the browser: names of cells, words, one script.

The rest is in ``live/``, which ``tools/live.py`` publishes.
"""

import html
import json
import re
from pathlib import Path

from docutils import nodes
from sphinx.locale import get_translation
from sphinx.transforms import SphinxTransform

_ = get_translation("dlzero")

#: Written last: where it is, all that runs in a browser is.
MANIFEST = "_vendor/public/live/manifest.json"
CELL = re.compile(r'<div (data-locked="[a-z]+" )?class="cell ')


class CellNames(SphinxTransform):
    """Give each code cell of a notebook the id that it has in the file."""

    default_priority = 8

    def apply(self, **kwargs):
        """Do so for each cell of the document."""
        path = Path(self.env.doc2path(self.env.docname))
        if path.suffix != ".ipynb":
            return
        written = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for cell in self.document.findall(nodes.container):
            if cell.get("nb_element") == "cell_code":
                cell["ids"].append(f"cell-{written[cell['cell_index']]['id']}")


def words():
    """Return the words of the page that runs, in the language of the book."""
    return {
        "run": _("Run"),
        "edit": _("Edit"),
        "reset": _("Reset"),
        "stop": _("Stop"),
        "code": _("The code of this cell"),
        "bytes": _("Loading Python: {0} of {1} MB"),
        "python": _("Starting Python"),
        "package": _("Loading the course's package"),
        "matplotlib": _("Loading Matplotlib"),
        "waits": _("Waits for the cells above"),
        "runs": _("Runs"),
        "ran": _("Done in {0} s"),
        "rounding": _(
            "{0}. Rounding grows over its many steps, so another machine prints other digits."
        ),
        "stopped": _("Stopped. The next run starts Python anew."),
        "failed": _("An error: see below"),
        "above": _("A cell above stopped with an error."),
        "there": _("Go there"),
        "stale": _("Below is what came before the change: run the cell again."),
        "lost": _("Python could not start: {0}"),
        "again": _("Run once more to try again."),
        "ended": _("Python has ended: {0}"),
        "server": _("To run cells, serve the site, for it cannot be done with a file: make serve"),
        "old": _("This browser cannot run Python (it has no WebAssembly). All else works."),
        "processes": _("This cell needs several processes, so it runs on a computer only."),
        "always": _("Start Python when a page opens"),
        "all": _("Run all cells"),
        "restart": _("Start Python anew"),
        "line": _("Line {0}"),
        "editor": _("The editor could not be loaded: {0}"),
        "leave": _("Escape, then Tab leaves the code."),
        "keys": _(
            "Tab indents or completes a name. F1 tells about a name. Control and Enter run the "
            "cell. Escape, then Tab leaves the code."
        ),
        "completions": _("How the name may go on"),
        "deleted": _("Deleted"),
    }


def _live_page(app, pagename, templatename, context, doctree):
    """Give a page with code cells the script and its words."""
    if doctree is None or not app.config.dlzero_live:
        return
    if any(c.get("nb_element") == "cell_code" for c in doctree.findall(nodes.container)):
        app.add_css_file("../live/live.css")
        # After keep.js, which keeps what a reader changes.
        app.add_js_file("../live/live.js", loading_method="defer", priority=900)
        said = json.dumps({key: str(word) for key, word in words().items()}, ensure_ascii=False)
        # The line for the whole page stands above the first cell.
        context["body"] = CELL.sub('<div class="dz-page"></div>\\g<0>', context["body"], count=1)
        context["body"] += (
            f'<template id="dz-live" data-page="{html.escape(pagename)}" '
            f'data-words="{html.escape(said)}"></template>'
        )


def _is_there(app, config):
    """Pages are written anew when the Python of the browser comes or goes."""
    config.dlzero_live = Path(app.srcdir, MANIFEST).exists()


def setup(app):
    app.add_config_value("dlzero_live", False, "html", bool)
    app.connect("config-inited", _is_there)
    app.add_transform(CellNames)
    app.connect("html-page-context", _live_page, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
