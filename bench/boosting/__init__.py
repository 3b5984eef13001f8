"""The race of boosters' own objectives against ours: training time and held-out cost."""
