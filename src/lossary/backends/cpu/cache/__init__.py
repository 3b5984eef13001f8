"""Kernels kept on disk: what names one, where it lies, who may read it, and the thread that makes it."""
