"""
When a token is due to be exchanged, when it has run out, and what the next one is got with.

Source: `reference` sheet `credentials`, section 9 (read 2026-11-21).
"""

from __future__ import annotations

import math

from cliproxy.credentials.credential import Credential

SHORTEST_INTERVAL = 60.0  # seconds between two exchanges, whatever the operator sets
ON_THE_WAY = 10.0  # seconds that a request may take to be judged; a token with less left has run out


_MEANS = ("cookie", "service_account")  # in the details of accounts that have no refresh token, or not only that


def means_of(credential: Credential) -> tuple[object, ...]:
    """
    Return what a new token is got with, to be compared: where it is another, somebody has logged in anew.

    One can log in anew by the same cookie, and then the key that it bought is another.
    """
    bought = credential.secret if credential.details.get("cookie") and not credential.refresh_token else None
    return (credential.refresh_token, bought, *(credential.details.get(name) for name in _MEANS))


def has_run_out(credential: Credential, *, now: float) -> bool:
    """Tell whether a request with this token would be refused: there is none, or its time is over."""
    if not credential.secret:
        return True
    return credential.expires_at is not None and credential.expires_at - ON_THE_WAY <= now


def due_at(credential: Credential, *, lead: float, spread: float) -> float | None:
    """
    Return the unix time from which a token should be exchanged ahead; None: never, the account is switched off.

    Args:
        credential: Whose token; it has what the next one is got with.
        lead: Seconds before it runs out, as its provider has it.
        spread: From 0 to 1, by chance: accounts that run out together are exchanged over the first half of the lead.

    What the operator set goes before the lead, and holds for a token's age as well. However long the lead, a token is
    used for half of its life. Where neither its end nor its age is known, it is due at once.
    """
    if credential.disabled:
        return None
    every = max(credential.refresh_every, SHORTEST_INTERVAL) if credential.refresh_every else None
    began, ends = credential.refreshed_at, credential.expires_at
    if began is None and (ends is None or every is not None):
        return 0.0
    ahead = every or lead
    if began is not None and ends is not None and began < ends:
        ahead = min(ahead, (ends - began) / 2)
    ahead *= 1 - spread / 2
    by_end = math.inf if ends is None else ends - ahead
    by_age = math.inf if began is None or (ends is not None and every is None) else began + ahead
    return min(by_end, by_age)
