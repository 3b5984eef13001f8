"""The libraries that race rowwise losses against ours: each turns a case and its data into a contestant."""
