"""What a busy machine does to us: the same calls with and without another process that is always busy."""
