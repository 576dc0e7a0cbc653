"""The spokes: one folder per API shape, with the same five files in each. A folder declares `DIALECT`."""
