"""The accuracy table: other libraries' losses and ours, at the points our own tests are held to, under one rule."""
