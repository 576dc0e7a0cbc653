"""What accounts at a simulated upstream may use, and how an upstream holds them to it."""

from cliproxy.simulator import Account, Accounts, Pause, Upstream, Window
from cliproxy.testing.clock import HandClock
from tests.unit.simulator.asking import KEYS, PATHS, body_of, pauses_of, request, saying

ONE_A_MINUTE = Window(1, 60)


def test_an_account_is_refused_until_its_window_ends() -> None:
    """The count starts anew then, with the next request."""
    clock = HandClock()
    upstream = Upstream(accounts=Accounts({"sk-1": Account((Window(2, 60),))}, clock))

    def status() -> int:
        return upstream.answer(saying("openai_chat", "hello")).status

    assert [status() for _ in range(3)] == [200, 200, 429]
    clock.advance(59)
    assert status() == 429
    clock.advance(1)
    assert status() == 200


def test_of_two_windows_each_holds() -> None:
    """As with the five hours and the week of a plan."""
    clock = HandClock()
    accounts = Accounts({"a": Account((ONE_A_MINUTE, Window(2, 3600)))}, clock)
    for _ in range(2):
        accounts.take("a", "m")
        clock.advance(60)

    assert [reading.left for reading in accounts.readings("a", "m")] == [1, 0]


def test_a_window_may_begin_by_the_calendar() -> None:
    """A day at Gemini ends at midnight, whenever the first request came."""
    clock = HandClock(1000.0)
    accounts = Accounts({"a": Account((Window(1, 100, since=30),))}, clock)

    assert [reading.ends for reading in accounts.readings("a", "m")] == [1030]
    accounts.take("a", "m")
    clock.advance(30)
    assert [(reading.left, reading.ends) for reading in accounts.readings("a", "m")] == [(1, 1130)]


def test_accounts_of_one_project_use_one_count() -> None:
    """Two keys of a Google project are one quota."""
    account = Account((ONE_A_MINUTE,), project="p")
    accounts = Accounts({"a": account, "b": account, "c": Account((ONE_A_MINUTE,))}, HandClock())
    accounts.take("a", "m")

    assert [accounts.readings(name, "m")[0].left for name in "abc"] == [0, 0, 1]


def test_a_window_may_be_one_models_or_each_models() -> None:
    """Refusals hit a model, a family of them, or the account."""
    family, each = Window(1, 60, models=("opus",)), Window(1, 60, each_model=True)
    accounts = Accounts({"family": Account((family,)), "each": Account((each,))}, HandClock())
    for name in accounts:
        accounts.take(name, "opus")

    assert [reading.left for reading in accounts.readings("family", "opus")] == [0]
    assert accounts.readings("family", "haiku") == ()
    assert [accounts.readings("each", model)[0].left for model in ("opus", "haiku")] == [0, 1]


def test_an_account_can_be_reset_before_its_time() -> None:
    """Vendors do that, with a credit or for everybody."""
    accounts = Accounts({"a": Account((ONE_A_MINUTE,))}, HandClock())
    accounts.take("a", "m")
    accounts.reset("a")

    assert accounts.readings("a", "m")[0].left == 1


def test_a_revoked_account_and_a_strange_key_are_turned_away() -> None:
    """Each as the vendor does it."""
    accounts = Accounts({"sk-1": Account(is_plan=True)}, HandClock())
    upstream = Upstream(accounts=accounts)

    assert upstream.answer(saying("anthropic_messages", "hello")).status == 200
    accounts.revoke("sk-1")
    revoked = upstream.answer(saying("anthropic_messages", "hello"))
    strange = upstream.answer(request(PATHS["openai_chat"], {}, {"authorization": "Bearer sk-2"}))
    assert (revoked.status, strange.status) == (403, 401)
    assert b"OAuth token has been revoked" in body_of(revoked)


def test_an_account_stays_while_its_tokens_change() -> None:
    """What it has used stays with it; a token that nobody owns is no account's."""
    tokens = {"sk-1": "a"}
    accounts = Accounts({"a": Account((ONE_A_MINUTE,))}, HandClock(), owner=lambda key: tokens.get(key, ""))
    upstream = Upstream(accounts=accounts)
    spoken = saying("openai_chat", "hello")
    new = request(spoken.path, spoken.body, {"authorization": "Bearer sk-2"})

    assert [upstream.answer(spoken).status, upstream.answer(new).status] == [200, 401]
    tokens["sk-2"] = tokens.pop("sk-1")
    assert [upstream.answer(spoken).status, upstream.answer(new).status] == [401, 429]


def test_a_slow_account_is_slow_at_both_ends() -> None:
    """The head comes late, and so does every frame; others keep the upstream's pace."""
    accounts = Accounts({"sk-1": Account(delay=2, pace=0.5), "sk-2": Account()}, HandClock())
    upstream = Upstream(accounts=accounts)
    slow = upstream.answer(saying("openai_chat", "hello", stream=True))

    assert slow.before == (Pause(2),)
    assert set(pauses_of(slow)) == {Pause(0.5)}
    spoken = saying("openai_chat", "hello", stream=True)
    quick = upstream.answer(request(spoken.path, spoken.body, {"authorization": "Bearer sk-2"}))
    assert (quick.before, pauses_of(quick)) == ((), [])


def test_only_what_is_answered_counts() -> None:
    """Lists, token counts and refused requests are free."""
    accounts = Accounts({"sk-1": Account((ONE_A_MINUTE,))}, HandClock())
    upstream = Upstream(accounts=accounts)
    upstream.answer(request("/v1/models", None, KEYS, "GET"))
    upstream.answer(saying("openai_chat", "hello", "missing"))
    upstream.answer(request("/v1/responses/input_tokens", {"model": "m", "input": "hello"}))

    assert accounts.readings("sk-1", "simulated")[0].used == 0
    assert upstream.answer(saying("openai_chat", "hello")).status == 200
