"""What the tests of the fast room share."""

import pytest

from dlzero.fast import kernels, threads

SHARE = 10_000  # elements of float64 and their gradients that are worth a thread in these tests


@pytest.fixture
def small_shares(monkeypatch):
    """Let threads share arrays that are small enough for a test."""
    monkeypatch.setattr(threads, "SHARE_BYTES", SHARE * 16)


@pytest.fixture
def without_llvmlite(monkeypatch):
    """Let llvmlite be missing."""

    def missing(*_):
        raise ModuleNotFoundError("No module named 'llvmlite'", name="llvmlite")

    monkeypatch.setattr(kernels, "compile_loop", missing)
    kernels.kernel.cache_clear()
    yield
    kernels.kernel.cache_clear()
