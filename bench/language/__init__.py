"""What the interpreter makes of sentences that its authors did not see: `make bench-language`, docs/language.md."""
