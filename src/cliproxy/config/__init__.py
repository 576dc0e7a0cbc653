"""Configuration: every setting, and how a `config.yaml` becomes one checked, immutable `Config`."""
