"""The CPU kernels for rows of scores: a row is read once, everything else happens in cache."""
