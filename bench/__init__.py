"""The benchmark: our losses against other libraries and against what the memory allows, in one honest run."""
