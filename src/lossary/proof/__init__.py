"""Does a loss keep its word? Points, accuracy, derivatives, claims and facts, for the tests and for ``lossary.check``."""
