"""
The pages that a person sees in the browser while logging in: one heading, a few words, no script, nothing from outside.

Whatever came from elsewhere is escaped; no page may be kept, framed or linked back to.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from aiohttp import web
from msgspec import Struct

from cliproxy.access.locality import host_of, is_from_here, is_loopback_host

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",  # with less, a browser would not say where a form comes from
    "X-Content-Type-Options": "nosniff",
}
_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:15vh auto 2rem;padding:0 1.5rem}"
    "h1{font-size:1.6rem;line-height:1.2}h2{font-size:1.2rem;margin:1.6rem 0 0}"
    ".done{border-left:.4rem solid #2e9e5b;padding-left:1rem}"
    ".failed{border-left:.4rem solid #d1453b;padding-left:1rem}"
    ".code{font:700 2.2rem/1.2 ui-monospace,monospace;letter-spacing:.1em}"
    "button{font:inherit;padding:.5rem 1.2rem;cursor:pointer}"
    "form{display:inline-block;margin:0 1rem 1rem 0}small{opacity:.8}"
)


class LoginPage(Struct, frozen=True):
    """What a page says."""

    title: str
    words: tuple[str, ...] = ()  # paragraphs, as plain text
    status: int = 200
    mood: str = ""  # `done`, `failed`; "": neither
    markup: tuple[str, ...] = ()  # what follows on the words: HTML of ours, escaped already
    reload_after: int = 0  # seconds; 0: it stays
    leads_to: str = ""  # an address, instead of all that

    def response(self) -> web.Response:
        """Return the page as an answer, after which the connection closes."""
        refresh = f'<meta http-equiv="refresh" content="{self.reload_after}">' if self.reload_after else ""
        words = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in self.words)
        text = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width,initial-scale=1">{refresh}'
            f"<title>{escape(self.title)} - CLI Proxy API</title><style>{_STYLE}</style></head>"
            f'<body><main class="{escape(self.mood)}" role="status"><h1>{escape(self.title)}</h1>{words}'
            f"{''.join(self.markup)}</main></body></html>"
        )
        headers = {**HEADERS, "Location": self.leads_to} if self.leads_to else HEADERS
        response = web.Response(status=self.status, text=text, content_type="text/html", headers=headers)
        response.force_close()
        return response


def elsewhere(url: str) -> LoginPage:
    """Return what leads a browser to another page, after a form."""
    return LoginPage("Go on there", status=303, markup=(link(url),), leads_to=url)


def refused(title: str, *words: str, status: int) -> LoginPage:
    """Return a page that says no."""
    return LoginPage(title, words, status, mood="failed")


def button(action: str, label: str, fields: Mapping[str, str] | None = None) -> str:
    """Return a form of one button."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in (fields or {}).items()
    )
    return f'<form method="post" action="{escape(action)}">{hidden}<button>{escape(label)}</button></form>'


def link(url: str) -> str:
    """Return a link that shows where it leads, opened beside this page; one that is no web address, as text."""
    if not url.startswith(("https://", "http://")):
        return f"<p>{escape(url)}</p>"
    return f'<p><a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{escape(url)}</a></p>'


def names_loopback(request: web.BaseRequest) -> bool:
    """Tell whether a browser was led here by a name of this machine, and not by one that somebody made lead here."""
    return is_loopback_host(host_of(request.headers.get("Host", "")))


def peer_is_here(request: web.BaseRequest) -> bool:
    """Tell whether a request comes from this machine itself; of one that was passed on, nobody can tell."""
    return is_from_here(request.remote or "", request.headers)
