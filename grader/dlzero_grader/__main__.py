"""``python -m dlzero_grader``: the same commands as ``python -m dlzero homework``."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
