"""One style sheet and one script for all pages; neither holds what no page uses.

The theme asks for some twenty files, and most of its rules and icons are never used here.
"""

import hashlib
import logging
import os
import re
import subprocess
from pathlib import Path

from dlzero_formulas import SCRIPT, VENDOR, node
from fontTools import subset
from sphinx.locale import get_translation

_ = get_translation("dlzero")
logging.getLogger("fontTools").setLevel(logging.WARNING)  # else each table of a font is named

PURGE = Path(__file__).with_name("purge.mjs")
LIBRARY = VENDOR.parent.parent / "site" / "node_modules" / "purgecss" / "lib" / "purgecss.js"
URL = re.compile(r"""url\((["']?)(?!["']?(?:data:|#))([^)"']+)\1\)""")
FACE = re.compile(r"@font-face\s*{[^}]*}")
ICON = re.compile(r"""content:\s*["']\\([0-9a-f]{4,5})""")
#: They come first, before Sphinx knows of any other. A book without formulas has not all of them.
THEME = ("basic.css", "styles/pydata-sphinx-theme.css", "../vendor/temml.css")
#: Bootstrap and the theme itself, which the theme loads after the page.
LAST = ("scripts/bootstrap.js", "scripts/pydata-sphinx-theme.js")
#: PurgeCSS takes the states in a list, such as :is(:hover, :focus), for names that no page has.
IGNORED = "/* purgecss start ignore */{}/* purgecss end ignore */\n"
#: Live code of another project, tabs, and folds by script: no page has them. copy.js copies.
UNUSED = ("sphinx-thebe", "THEBE", "design-tabs", "copybutton", "clipboard", "toggle")
UNUSED += ("DOCUMENTATION_OPTIONS.pagename",)


def _fingerprint(app, config):
    """All pages are written anew when a style or a script of the book, or of formulas, changes."""
    folders = [Path(app.confdir, name) for name in config.html_static_path]
    files = [path for folder in folders for path in sorted(folder.glob("*.[cj]s*"))]
    others = (SCRIPT, Path(app.confdir, "_vendor/public/live/live.css"))
    files += [path for path in others if path.exists()]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files))
    config.dlzero_assets = digest.hexdigest()[:8]


def _gather(app, pagename, templatename, context, doctree):
    """Put the names of styles and scripts aside; the layout names the two files made of them."""
    styles, scripts, own = app.dlzero_styles, app.dlzero_scripts, []
    for style in context["css_files"]:
        name = str(style.filename).removeprefix("_static/")
        if not any(word in name for word in UNUSED):
            styles[os.path.normpath(name)] = None
    for script in sorted(context["script_files"], key=lambda one: one.priority):
        name = str(script.filename or script.attributes.get("body"))
        if any(word in name for word in UNUSED):
            continue
        if name.startswith("_static/../"):
            own.append(script)
        else:
            kind = scripts if script.filename else app.dlzero_settings
            kind[name.removeprefix("_static/")] = None
    context["css_files"], context["script_files"] = [], own
    context["dlzero_assets"] = app.config.dlzero_assets
    context["dlzero_words"] = {
        "copy": _("Copy"),
        "copied": _("Copied"),
        "enlarge": _("Enlarge the figure"),
        "zoom": _("Twice as large"),
        "close": _("Close"),
        # Of figures that move: dlzero/plots/explorer.js and steps.js.
        "play": _("Play"),
        "pause": _("Pause"),
        "next": _("Next"),
        "back": _("Back"),
    }


def _begin(app):
    app.dlzero_styles = dict.fromkeys(THEME)
    app.dlzero_scripts, app.dlzero_settings = {}, {}


def _make(app, error):
    """Write both files; without a page that was written anew they are as they were."""
    if error or not app.dlzero_scripts:
        return
    static = Path(app.outdir, "_static")
    # What others have written into each page comes first: their scripts read it.
    _scripts(static, [*app.dlzero_settings, *app.dlzero_scripts, *LAST])
    made = static / "site.css"
    styles = [name for name in app.dlzero_styles if (static / name).is_file()]
    # Extensions have named their folders there too, from the root of the disk.
    names = [name for name in app.config.html_static_path if not Path(name).is_absolute()]
    folders = [Path(app.confdir, name) for name in names]
    own = {path.name for folder in folders for path in folder.glob("*.css")}
    parts = [(IGNORED if name in own else "{}").format(_style(static, name)) for name in styles]
    made.write_text("".join(parts), "utf-8")
    subprocess.run([*node(), PURGE, LIBRARY, app.outdir, made], check=True)
    made.write_text(_icons(static, made.read_text("utf-8")), "utf-8")


def _scripts(static, names):
    """Join scripts: files, and what stands in the page itself."""
    parts = [
        path.read_text("utf-8") if (path := static / name).is_file() else name for name in names
    ]
    joined = "\n;".join(re.sub(r"//# sourceMappingURL=.*", "", part) for part in parts)
    (static / "site.js").write_text(joined, "utf-8")


def _style(static, name):
    """Return a style sheet as it would stand in the folder of all."""
    folder = Path(name).parent

    def moved(found):
        return f'url("{os.path.normpath(folder / found[2])}")'

    text = (static / name).read_text("utf-8")
    return re.sub(r"/\*# sourceMappingURL=.*?\*/", "", URL.sub(moved, text)) + "\n"


def _icons(static, text):
    """Cut the fonts of icons down to those that are left; drop the other forms of the files."""
    icons = [int(code, 16) for code in ICON.findall(text)]

    def smaller(found):
        sources = [path for _, path in URL.findall(found[0]) if "fontawesome" in path]
        if not sources:
            return found[0]
        source = static / next(path for path in sources if path.endswith(".woff2"))
        target = static / f"{source.stem}.woff2"
        options = subset.Options(flavor="woff2")
        font = subset.load_font(source, options)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=icons)
        cutter.subset(font)
        subset.save_font(font, target, options)
        return re.sub(r"src:[^;}]*", f'src:url("{target.name}") format("woff2")', found[0])

    return FACE.sub(smaller, text)


def setup(app):
    app.add_config_value("dlzero_assets", "", "html", str)
    app.connect("config-inited", _fingerprint)
    app.connect("builder-inited", _begin)
    app.connect("html-page-context", _gather, priority=990)
    app.connect("build-finished", _make, priority=900)  # when the theme has written its colours
    return {"parallel_read_safe": True, "parallel_write_safe": False}
