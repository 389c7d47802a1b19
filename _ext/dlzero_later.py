"""Figures, and the colours of folded code, wait until a reader comes near.

Most elements of a chapter are theirs. Within ``noscript`` a browser with scripts reads a figure as
text, and one without shows it; folded code has no colours without scripts.
"""

import re

FIGURE = re.compile(
    r'<svg (role="img" aria-label="[^"]*") viewBox="0 0 ([\d.]+) ([\d.]+)".*?</svg>', re.S
)
SHARED = re.compile(r'<svg width="0" height="0" style="position:absolute".*?</svg>', re.S)
WIDTH = re.compile(r"max-width:[\d.]+px")
BODY = re.compile(r'<div class="dz-(?:figure|explorer)">.*?(?=<figcaption|</figure>)', re.S)
FOLDED = re.compile(r'<details class="admonition hide.*?</details>', re.S)
CODE = re.compile(r"(<pre>)(.*?)(</pre>)", re.S)
TAG = re.compile(r"<[^>]*>")


def _later(found):
    name, width, height = found.groups()
    most = WIDTH.search(found[0])
    room = f"{most[0]};" if most else ""
    return (
        f'<dz-later {name} style="{room}aspect-ratio:{width}/{height}">'
        f"<noscript>{found[0]}</noscript></dz-later>"
    )


def _hidden(found):
    return f"<dz-later><noscript>{found[0]}</noscript></dz-later>"


def _plain(found):
    start, code, end = found.groups()
    if "<span" not in code:
        return found[0]
    return f"{start}<dz-code>{TAG.sub('', code)}<template>{code}</template></dz-code>{end}"


def _wait(app, pagename, templatename, context, doctree):
    def body(found):
        return SHARED.sub(_hidden, FIGURE.sub(_later, found[0]))

    made = BODY.sub(body, context.get("body", ""))
    context["body"] = FOLDED.sub(lambda fold: CODE.sub(_plain, fold[0]), made)


def setup(app):
    app.connect("html-page-context", _wait, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
