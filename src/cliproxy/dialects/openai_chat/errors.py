"""Chat Completions errors: one object under `error`, alone or as a chunk of a stream."""

from cliproxy.dialects.openai_family import encode_error, read_error, read_error_body

__all__ = ["encode_error", "read_error", "read_error_body"]
