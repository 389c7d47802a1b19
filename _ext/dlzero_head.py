"""Where a page is from: what its head tells search engines, and its foot the readers.

With the address of the site (DLZERO_WEBSITE) the head has the page's own address and a picture for
those who share it, and the site has a map. With that of the repository (DLZERO_REPOSITORY) the foot
leads to it, and a mistake can be reported there with the name of its page.
"""

import os
import re
import subprocess
import textwrap
from html import escape
from pathlib import Path
from urllib.parse import urlencode, urlparse
from xml.etree import ElementTree

import resvg_py
from docutils import nodes
from sphinx.locale import get_translation

import dlzero

_ = get_translation("dlzero")

#: What search engines show of a description, and what is too little.
LENGTH, LEAST = 160, 80
SENTENCE = re.compile(r"(?<=[.?!:])\s+")
VIEWPORT = re.compile(r'\s*<meta [^>]*name="viewport"[^>]*>')
#: Pictures for those who know no SVG: of a link to the book, and on the screen of a phone.
PICTURES = {"social.svg": ("social.png", 1200), "favicon.svg": ("icon.png", 180)}
MAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
LICENCES = (
    ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
    ("MIT", "https://spdx.org/licenses/MIT.html"),
)
#: Pages that nobody looks for.
HIDDEN = ("404", "genindex", "py-modindex", "search")


def description_of(doctree):
    """Return the first sentences of a page, as many as search engines show."""
    written = (
        " ".join(paragraph.astext().split())
        for paragraph in doctree.findall(nodes.paragraph)
        if isinstance(paragraph.parent, nodes.section)
        and not any(paragraph.findall(nodes.math))
        and not any(isinstance(child, nodes.raw) for child in paragraph.children)
    )
    text = ""
    for sentence in (one for paragraph in written for one in SENTENCE.split(paragraph)):
        longer = f"{text} {sentence}".strip()
        if len(longer) > LENGTH:
            return (
                text if len(text) >= LEAST else textwrap.shorten(longer, LENGTH, placeholder=" …")
            )
        text = longer
    return text


def _head(app, pagename, templatename, context, doctree):
    """Give the template what the page is about, and its address."""
    website = app.config.dlzero_website
    # The theme and docutils say it once more.
    context["metatags"] = VIEWPORT.sub("", context.get("metatags", ""))
    context["dlzero_hidden"] = pagename in HIDDEN
    context["dlzero_description"] = description_of(doctree) if doctree else ""
    context["dlzero_picture"] = website and website + "_static/social.png"
    if context["dlzero_hidden"]:
        context["pageurl"] = None
    if pagename == app.config.root_doc != "index":
        _first_page(app, context)
    if pagename == app.config.notfound_pagename:
        _lost(app, context)


def _first_page(app, context):
    """Let the address of the folder lead to the first page."""
    first = app.builder.get_target_uri(app.config.root_doc)
    text = app.builder.templates.render("first.html", {**context, "dlzero_first": first})
    Path(app.outdir, "index.html").write_text(text, "utf-8")


def _lost(app, context):
    """Say what a reader can do whose address leads nowhere."""
    title, what = _("Page not found"), _("There is no page at this address.")
    do = str(_("Search the book, or begin at {0}."))
    first = context["pathto"](app.config.root_doc)
    link = f'<a href="{first}">{escape(app.config.html_title)}</a>'
    context["title"] = str(title)
    context["body"] = f"<h1>{title}</h1><p>{what} {do.format(link)}</p>"


def _foot(app, pagename, templatename, context, doctree):
    """Give the template the lines at the foot of the page."""
    edition = str(_("Version {0}")).format(dlzero.__version__)
    day = app.config.dlzero_day
    links = []
    if address := app.config.dlzero_repository:
        links.append((_("Repository"), address))
        about = {"title": f"{pagename}: ", "body": f"\n\n{edition}, {day}: {pagename}"}
        links.append(
            (_("Report a mistake on this page"), f"{address}/issues/new?{urlencode(about)}")
        )
    elif pagename not in HIDDEN:
        help_page = app.builder.get_relative_uri(pagename, "book/how-to-use")
        links.append((_("Report a mistake"), f"{help_page}#when-something-does-not-work"))
    licences = (f'<a rel="license" href="{address}">{name}</a>' for name, address in LICENCES)
    context["dlzero_licence"] = str(_("Text and figures: {0}. Code: {1}.")).format(*licences)
    context["dlzero_edition"] = f"{edition}, {day}" if day else edition
    context["dlzero_links"] = links


def _day(folder):
    """Return the day of what is built: of the last change, or the one that a packager names."""
    command = ["git", "log", "-1", "--format=%cs"]
    try:
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _settings(app, config):
    """Tell Sphinx and the page for lost readers where the site is."""
    config.dlzero_day = config.dlzero_day or _day(app.confdir)
    config.html_baseurl = config.dlzero_website
    config.notfound_urls_prefix = urlparse(config.dlzero_website).path or "/"


def _map(app, error):
    """Write the list of all pages, and where it is."""
    website = app.config.dlzero_website
    if error or app.builder.format != "html" or not website:
        return
    root = ElementTree.Element("urlset", xmlns=MAP)
    for page in sorted(app.env.found_docs):
        place = ElementTree.SubElement(ElementTree.SubElement(root, "url"), "loc")
        place.text = website + app.builder.get_target_uri(page)
    ElementTree.ElementTree(root).write(
        Path(app.outdir, "sitemap.xml"), encoding="utf-8", xml_declaration=True
    )
    Path(app.outdir, "robots.txt").write_text(
        f"User-agent: *\nAllow: /\nSitemap: {website}sitemap.xml\n", "utf-8"
    )


def _pictures(app, error):
    """Turn drawings of the book into PNG."""
    static = Path(app.outdir, "_static")
    for drawn, (name, width) in PICTURES.items():
        if not error and (static / drawn).exists():
            made = resvg_py.svg_to_bytes(
                svg_string=(static / drawn).read_text("utf-8"), width=width, background="#ffffff"
            )
            (static / name).write_bytes(bytes(made))


def setup(app):
    app.setup_extension("dlzero_learner")  # it knows the addresses
    app.add_config_value("dlzero_day", os.environ.get("DLZERO_DAY", ""), "html", str)
    app.connect("config-inited", _settings, priority=600)
    app.connect("html-page-context", _head, priority=600)
    app.connect("html-page-context", _foot, priority=600)
    app.connect("build-finished", _map)
    app.connect("build-finished", _pictures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
