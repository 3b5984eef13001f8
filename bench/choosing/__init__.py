"""How much is lost by doing what ``lossary choose`` says: ``make bench-choose``."""
