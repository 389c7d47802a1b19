"""Chapter 9: A network and its gradient."""
