"""What a call costs besides its arithmetic: the import, the first call, and a call on a thousand numbers."""
