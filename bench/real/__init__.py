"""What following ``lossary choose`` costs on real data, beside what else one might do: ``make bench-real``."""
