"""
The proof that nothing is lost unnoticed: every recording and every translation case, in every direction.

`python -m tests.proof` walks a folder of recordings, `python -m tests.proof cases` the translation cases; each prints
what passed and what did not, property by property. CI walks what lies in the repository, as pytest tests. What may
differ stands in `exceptions.py` and, for cases, in `deviations.py`, each with its reason.
"""
