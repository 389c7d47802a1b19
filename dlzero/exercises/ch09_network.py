"""The exercises of chapter 9, A network and its gradient."""
