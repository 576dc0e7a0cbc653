"""
The translation cases of `tests/cases`, run against the codecs.

`running` runs one, `expecting` says what does not hold, `deviations` where we mean to differ.
"""
