"""The box that strategy code runs in: profile, jail and the runner that is the only thing executed inside."""
