"""What stands on the cover: title, authors, version, date and licence."""

import html
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


class Cover(NamedTuple):
    """The facts about the book."""

    title: str
    subtitle: str
    author: str
    version: str
    date: str
    language: str = "en"

    def page(self):
        """Return the cover as XHTML."""
        title, subtitle, author, version, date, _ = map(html.escape, self)
        return (
            '<section class="dz-cover">'
            f'<p class="dz-title">{title}</p><p class="dz-subtitle">{subtitle}</p>'
            f'<p class="dz-author">{author}</p>'
            f'<p class="dz-edition">Version {version}, {date}</p>'
            f'<p class="dz-edition">Text and figures: <a href="{LICENCE}">CC BY 4.0</a>. '
            "Code: MIT.</p></section>"
        )


def cover():
    """Return the cover of this book; the date is today's, or that of SOURCE_DATE_EPOCH."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    package = (ROOT / "dlzero" / "__init__.py").read_text("utf-8")
    version = re.search(r'__version__ = "(.*?)"', package)[1]
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    subtitle = "How machines learn, from the perceptron to Adam, each formula as code that runs"
    return Cover(config["title"], subtitle, config["author"], version, f"{now:%Y-%m-%d}")
