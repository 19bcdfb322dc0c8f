"""What is known of a candidate before it runs: units, sizes and the most steps that an event may cost."""
