"""The race of linear_cross_entropy: the last layer of a classifier and its loss, with both gradients."""
