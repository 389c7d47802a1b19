"""The process that runs a student's code: what it sees, what it may call, how it is timed."""
