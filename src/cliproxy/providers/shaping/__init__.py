"""
What some upstreams take of their dialect, and how they say it: bodies edited into their words, and replies out of them.

A provider whose restrictions are long keeps them here, in files of its own.
"""
