"""The instructor's side of the homework: ``python -m dlzero homework --help``."""

__version__ = "0.1.0"
