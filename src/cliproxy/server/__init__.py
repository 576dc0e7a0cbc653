"""The front door: sockets on one side, exchanges on the other. Thin."""
