"""From a user's arrays to a kernel call and back: checks, weights, reductions, accumulators."""
