"""Does a rowwise loss keep its word? The attacks of ``lossary.proof`` on rows of scores."""
