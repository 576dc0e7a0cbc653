"""The hub: what is said, in no vendor's words. Every dialect decodes into these types and encodes from them."""
