"""Other libraries, called as their users call them. The formulas here are theirs: none is how Lossary computes."""
