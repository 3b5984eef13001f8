"""Does a loss keep its word? Points, accuracy, derivatives, claims, facts: for the tests and ``lossary.check``."""
