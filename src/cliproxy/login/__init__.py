"""How an account becomes a credential, and stays one: steps that yield requests, no I/O."""
