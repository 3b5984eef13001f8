"""What a fit hands back, and its standard errors. Imports ``problem``."""
