"""Chapter 5: Probabilities."""
