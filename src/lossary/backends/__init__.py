"""Back ends: tables from primitive names to implementations, and one loop per signature."""
