"""What else one might do with a table and a question: each a function from a trial to predictions of its fresh rows."""
