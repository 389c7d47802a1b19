"""From a download to one folder a student: whose a file is, which one counts, what came before."""
