"""What distinguishes kernels, and what they and their callers agree on.

In goes what a call asks for; out comes a frozen record, which names a kernel. Imports losses' records (``formula``,
``rowwise``) and nothing else of the library: it is needed on every call.
"""
