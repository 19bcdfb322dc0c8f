"""Why each pair was bought, sold or let be: seen in the loop, named and kept in another process, read by the desk."""
