"""Where configuration and credentials live: documents with revisions."""
