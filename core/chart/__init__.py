"""Pictures of a backtest as PNG files."""
