"""What the comparison needs beyond NumPy, and what to do when it is not there."""

import contextlib
import sys
from collections.abc import Iterator

#: The Python of a browser has one process and one thread, and loses its files with the page. There
#: a comparison needs none of the packages of "sweep".
IN_BROWSER = sys.platform == "emscripten"


@contextlib.contextmanager
def extra(name: str) -> Iterator[None]:
    """Say which extra of dlzero brings a package, if an import in the block fails.

    Parameters
    ----------
    name : str
        The extra, such as "sweep".

    Raises
    ------
    ImportError
        If a package is not there. The message says how to install it.

    Examples
    --------
    >>> with extra("sweep"):
    ...     import no_such_package
    Traceback (most recent call last):
    ImportError: this needs the package no_such_package. Install it: pip install 'dlzero[sweep]'
    """
    try:
        yield
    except ImportError as error:
        package = (error.name or str(error)).partition(".")[0]
        raise ImportError(
            f"this needs the package {package}. Install it: pip install 'dlzero[{name}]'"
        ) from error
