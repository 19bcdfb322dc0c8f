"""The live loop: feeds, strategy hosts, risk, orders, exchanges."""
