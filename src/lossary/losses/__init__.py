"""The losses, one file each, by family. Nothing outside this folder and ``primitives`` knows a formula."""
