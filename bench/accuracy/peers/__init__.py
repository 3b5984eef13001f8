"""Other libraries' losses, each in its most natural form, with their factors and orders of arguments undone."""
