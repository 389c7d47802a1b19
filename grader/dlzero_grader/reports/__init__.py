"""What comes out: tables and archives for platforms, feedback, and what deserves a look."""
