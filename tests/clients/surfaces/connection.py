"""What all clients share: making one loads all certificates anew, and no test here talks over TLS."""

from __future__ import annotations

import ssl

TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
