"""What tests share: comes in a loss, a shape or a seed, goes out data, processes, comparisons and pytest's own options.

A module here imports the library and other modules here, never a test.
"""
