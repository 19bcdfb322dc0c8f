"""The command line, one file per command; `cli.main` lists them and imports each only when it is called."""
