"""What this program costs beside others: `python -m tests.benchmarks` measures and writes one table of ratios."""
