"""What all races share: interleaved timing, who takes part, the floors, the machine, and what is recorded of a cell."""
