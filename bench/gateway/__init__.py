"""What the owner's hands and eyes cost and how quick they are: the figures of docs/gateway.md."""
