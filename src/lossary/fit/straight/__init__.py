"""Interior points for losses made of straight pieces, and the exact vertex at their end. Import ``problem``."""
