"""What an author of homework needs: check a master, try wrong answers on it, hand it out."""
