"""What candidates are judged in: Docker or bubblewrap."""
