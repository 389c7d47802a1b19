"""A page on paper: where the solutions of its exercises go.

``book/_static/print.js`` moves them there while a page is printed.
"""

import html

from sphinx.locale import get_translation

_ = get_translation("dlzero")


def _end(app, pagename, templatename, context, doctree):
    body = context.get("body", "")
    if 'class="solution' in body:
        title = html.escape(str(_("Solutions")))
        end = f'<section class="dz-solutions" id="dz-solutions"><h2>{title}</h2></section>'
        context["body"] = body + end


def setup(app):
    app.connect("html-page-context", _end)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
