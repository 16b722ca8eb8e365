"""Makes packages from a binary that was built before. Needs Python 3.9 and nothing else."""
