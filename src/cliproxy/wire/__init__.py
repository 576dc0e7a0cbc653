"""Bytes <-> frames, whatever they mean: event streams, JSON arrays, bodies, and the values of an HTTP call. No I/O."""
