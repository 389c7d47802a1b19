"""Where the package lies, and the names of its modules."""

from pathlib import Path

import dlzero

PACKAGE = Path(dlzero.__file__).parent


def module_name(path):
    """Return a module's path within the package, without its ending: "chapters/network"."""
    return path.relative_to(PACKAGE).with_suffix("").as_posix()
