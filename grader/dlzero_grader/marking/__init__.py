"""Marks by hand, corrections and due dates, and the score that comes of them all."""
