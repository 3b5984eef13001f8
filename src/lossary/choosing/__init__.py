"""Which loss does this data want, and why."""
