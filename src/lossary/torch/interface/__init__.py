"""What users call: a function and an ``nn.Module`` for each loss, under the catalogue's names and under torch's.

In come records of the catalogue; out come functions with signatures and documentation, and module classes.
``lossary.torch`` and ``lossary.torch.functional`` look them up here. It imports ``lossary.torch.calls`` and what that
may import; ``lossary.torch.distributed`` is its sibling, and neither imports the other.
"""
