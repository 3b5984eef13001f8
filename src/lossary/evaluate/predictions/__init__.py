"""What predictions mean: probabilities and means out of what a loss takes, and back; a loss under another link.

In come a loss and predictions; out come probabilities, means, or a loss. It may import all kinds of loss and the
registry.
"""
