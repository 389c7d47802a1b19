"""The HTML pages: every text that is put into a template is escaped there."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from .notebook import clean

PAGES = Environment(
    loader=PackageLoader("dlzero_grader"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
PAGES.filters["number"] = "{:g}".format


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
    return PAGES.get_template(template).render(title=clean(title), **values) + "\n"
