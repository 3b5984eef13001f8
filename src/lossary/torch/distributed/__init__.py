"""One cost over micro-batches and ranks: exact denominators, exact sums, classes spread over ranks.

In come the tensors of one rank; out comes the number of the whole, with the gradient by what this rank holds. Each
operation begins with one exchange that compares what the ranks do. It imports ``lossary.torch.calls`` and what that
may import.
"""
