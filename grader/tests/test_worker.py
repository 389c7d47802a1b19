"""The student's side of the pipe."""

from dlzero_grader.worker import without_magics


def test_magics_become_pass():
    source = "%matplotlib inline\nif x:\n    !ls\n    y = 7 % 3  # why?\nnp.sum? \nnp.sum??"
    assert without_magics(source) == "pass\nif x:\n    pass\n    y = 7 % 3  # why?\npass\npass"
