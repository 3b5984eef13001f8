"""Kernels kept on disk: what names one, where it lies, who may read it, and the thread that makes it.

In goes a spec and what compiles it, out comes a kernel that is loaded. ``store`` is the door. Imports ``specs``.
"""
