from multidict import CIMultiDict

from cliproxy.dispatch.passed import passed


def test_what_is_about_this_hop_or_the_body_stays_here() -> None:
    headers = CIMultiDict(
        {"X-One": "1", "Content-Type": "text/html", "Set-Cookie": "a=1", "Connection": "x-hop, close", "X-Hop": "1"}
    )

    assert passed(headers, ()) == (("X-One", "1"),)


def test_ours_stands_in_place_of_theirs() -> None:
    headers = CIMultiDict({"X-Cliproxy-Losses": "theirs", "X-One": "1"})

    assert passed(headers, (("x-cliproxy-losses", "ours"),)) == (("X-One", "1"), ("x-cliproxy-losses", "ours"))


def test_what_cannot_be_sent_on_is_left_out() -> None:
    """Clients would get half an answer: nothing can be written once a header was refused."""
    headers = CIMultiDict({"x-evil": "a\x1b[2J", "x-bell": "\x07", "x y": "1", "x-one": "1"})

    assert passed(headers, ()) == (("x-one", "1"),)
