"""How a rule is run: what the loops of the chapters share."""
