"""One file per upstream: a declaration and its quirks."""
