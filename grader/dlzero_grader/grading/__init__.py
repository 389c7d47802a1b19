"""From a submission to its row: which cells run, which test is asked where, and who does it."""
