"""Code that a reader of the report can run: the table's encoding and the recommended candidate, host by host."""
