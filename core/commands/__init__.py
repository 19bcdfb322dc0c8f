"""The command line, one file per command; `core.main` lists them and imports each only when it is called."""
