"""The course in reading order: what the lessons show, and they show it whole."""
