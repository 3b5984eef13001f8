"""The rowwise races: losses of rows of scores, value and gradient in one call."""
