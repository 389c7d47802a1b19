"""What the tests of the fast room share."""

import pytest

from dlzero.fast import kernels, threads


@pytest.fixture
def small_shares(monkeypatch):
    """Let threads share arrays that are small enough for a test: 10,000 elements are worth one."""
    monkeypatch.setattr(threads, "SHARE_BYTES", 10_000 * 16)


@pytest.fixture
def without_llvmlite(monkeypatch):
    """Let llvmlite be missing."""

    def missing(*_):
        raise ModuleNotFoundError("No module named 'llvmlite'", name="llvmlite")

    monkeypatch.setattr(kernels, "compile_loop", missing)
    kernels.kernel.cache_clear()
    yield
    kernels.kernel.cache_clear()
