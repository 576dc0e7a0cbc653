"""A service account's key file, imported."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.credentials.files.document import read_credentials
from cliproxy.errors import LoginError
from cliproxy.login.flow import LoginKind, NewAccount
from cliproxy.login.key_file import LONGEST, KeyFile
from tests.unit.login.keys import EMAIL, key_file, pkcs1, pkcs8
from tests.unit.login.steps import NOW, start, talked

IMPORT = KeyFile("vertex")


def imported(content: str, *, now: float = NOW, **options: str) -> NewAccount:
    session = talked(IMPORT.begin(start(options=options))).result
    return talked(IMPORT.finish(session, {"answer": content}, now=now)).result


def written(**changed: Any) -> str:
    return msgspec.json.encode(key_file(**changed)).decode()


def test_a_person_is_asked_for_a_file_and_nobody_else_for_anything() -> None:
    talk = talked(IMPORT.begin(start()))

    assert talk.result.kind is LoginKind.KEY_FILE
    assert "key file" in talk.result.question
    assert not talk.asked


def test_the_file_is_the_go_program_s() -> None:
    """Both programs may share a folder."""
    account = imported(written(universe_domain="googleapis.com"))

    assert account.name == "vertex-acme-1.json"
    assert account.fields == {
        "service_account": key_file(private_key=pkcs1(), universe_domain="googleapis.com"),
        "project_id": "acme-1",
        "email": EMAIL,
        "location": "us-central1",
        "type": "vertex",
        "label": f"acme-1 ({EMAIL})",
    }
    [credential] = read_credentials(f"auths/{account.name}", msgspec.json.encode(account.fields))
    assert (credential.provider, credential.project, credential.label) == ("vertex", "acme-1", EMAIL)


def test_a_location_and_a_prefix_may_be_named() -> None:
    named = imported(written(), location=" Europe-West4 ", prefix="/team/")
    fields = named.fields

    assert (fields["location"], fields["prefix"]) == ("europe-west4", "team")
    assert not named.assumed
    assert imported(written()).assumed == {"location"}
    assert imported(written(), location="global").fields["location"] == "global"


@pytest.mark.parametrize("options", [{"location": "evil.example/"}, {"location": "7"}, {"prefix": "a/b"}])
def test_options_that_would_lead_elsewhere_are_refused_at_once(options: dict[str, str]) -> None:
    with pytest.raises(LoginError, match="vertex: "):
        talked(IMPORT.begin(start(options=options)))


@pytest.mark.parametrize(
    ("project", "name"), [("example.com:p 1", "vertex-example.com_p-1.json"), ("../../x", "vertex-_._x.json")]
)
def test_the_name_is_safe(project: str, name: str) -> None:
    assert imported(written(project_id=project)).name == name


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "is empty"),
        (written()[:-30], "only half of one"),
        ("[]", "no JSON object"),
        ("x" * (LONGEST + 1), "longer than"),
        (written(type="authorized_user"), 'its type is "authorized_user"'),
        (written(type=None), 'its type is "nothing"'),
        (written(project_id=None), "no project_id"),
        (written(client_email=7), "no client_email"),
        (written(private_key=None), f"the private key of {EMAIL} is missing"),
        (written(private_key=pkcs8()[:300]), f"the private key of {EMAIL} has no BEGIN and END"),
        (written(private_key=pkcs8(ec.generate_private_key(ec.SECP256R1()))), "no RSA key"),
        (written(token_uri="http://tokens.example"), f"the file of {EMAIL} cannot be used: its token_uri"),
    ],
    ids=lambda value: value[:12],
)
def test_what_is_no_key_file_is_refused_with_a_remedy(content: str, why: str) -> None:
    with pytest.raises(LoginError, match=why.replace("(", r"\(")) as refused:
        imported(content)
    assert "download the key file anew" in str(refused.value)
    assert pkcs8()[100:120] not in str(refused.value)


def test_a_file_that_comes_too_late_is_refused() -> None:
    with pytest.raises(LoginError, match="too late"):
        imported(written(), now=NOW + 601)


@given(
    st.text()
    | st.dictionaries(st.sampled_from(list(key_file())), st.none() | st.text() | st.integers()).map(
        lambda fields: msgspec.json.encode(fields | {"type": "service_account"}).decode()
    )
)
def test_no_file_breaks_it(content: str) -> None:
    with pytest.raises(LoginError):
        imported(content)
