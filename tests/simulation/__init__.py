"""
The gateway without its sockets, in virtual time, from one seed: `python -m tests.simulation`.

Everything from an exchange to the transport is the real thing; upstreams are the simulator's, clients and misfortunes
come from the seed, and a watcher sees every choice, every call and every outcome.
"""
