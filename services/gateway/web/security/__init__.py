"""Who may ask the page for what: hosts, origins, sessions, and how often a login may fail."""
