"""
Fuzzing of all that reads foreign bytes: `python -m tests.fuzz --seconds 600`, and a minute of it in `scripts/check`.

`targets.py` says what is fed and what must hold; `corpus/<target>/` holds inputs that once broke something, or that
no recording has; the recordings are seeds too.
"""
