"""Chapter 10: Overfitting."""
