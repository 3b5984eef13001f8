"""How a loss is computed: the fast path, one fused pass through a kernel, or differentiable torch operations.

In come tensors that are made ready; out comes a loss or a cost that autograd, ``torch.func`` and the compiler can
differentiate. It imports ``lossary.torch.tensors`` and ``lossary.torch.formulas``; which way a call takes is decided
by ``lossary.torch.calls``.
"""
