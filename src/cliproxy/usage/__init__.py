"""What each attempt cost, and where that is told."""
