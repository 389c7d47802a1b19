"""How a rule is run: what the loops of the chapters use, and the `Optimizer`.

The loops themselves are lessons: `minimize` stands in chapter 3, `train` in chapter 4.
"""
