"""What the gateway costs, as ratios to a bare aiohttp relay measured in the same run: `python -m tests.benchmarks`."""
