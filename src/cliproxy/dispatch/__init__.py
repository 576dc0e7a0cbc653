"""The work: one exchange, from plan to last byte."""
