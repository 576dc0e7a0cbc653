"""The spokes: one folder per API shape, with the same files in each. A folder declares `DIALECT`."""
