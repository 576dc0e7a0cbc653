"""The living state: what is built from a configuration, and the jobs that keep it current."""
