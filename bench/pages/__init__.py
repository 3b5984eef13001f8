"""From the recorded numbers (JSON) to what a person reads: tables for the terminal and the docs, and pictures."""
