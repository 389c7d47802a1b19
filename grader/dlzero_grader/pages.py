"""The HTML pages: every text that is put into a template is escaped there."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from .tables import line, number, visible


def _shown(value: Any) -> Any:
    # What a macro made is Markup: its parts came through here already.
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


PAGES = Environment(
    loader=PackageLoader("dlzero_grader"),
    autoescape=True,
    finalize=_shown,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
PAGES.filters["number"] = number


def page(template: str, title: str, **values: Any) -> str:
    """Return a page that needs nothing else and runs no script.

    Parameters
    ----------
    template : str
        A file of the folder ``templates``.
    title : str
    **values
        What the template names.
    """
    return PAGES.get_template(template).render(title=line(title), **values) + "\n"
