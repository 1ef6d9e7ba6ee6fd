"""Tokens that a typed credential is exchanged for."""

from datetime import UTC, datetime, timedelta

import pytest
import requests

from connectors.base.errors import AuthExpired, Misconfigured
from connectors.base.issued import Issued, IssuedAuth, identity


class Desk:
    """Issues tokens and counts them."""

    def __init__(self, life: timedelta | None = None) -> None:
        self.count, self.life = 0, life

    def __call__(self) -> Issued:
        self.count += 1
        return Issued(f"jeton-{self.count}", datetime.now(UTC) + self.life if self.life else None)


def header(auth: IssuedAuth) -> str:
    request = requests.Request("GET", "http://exemple.invalid", auth=auth).prepare()
    return str(request.headers[auth.header])


def test_one_token_serves_every_connector_of_the_process():
    desk, name = Desk(), identity("a", "secret")
    assert [header(IssuedAuth(name, desk)) for _ in range(3)] == ["Bearer jeton-1"] * 3
    assert header(IssuedAuth(identity("b", "secret"), desk, prefix="")) == "jeton-2"
    assert "secret" not in name and identity("a", "bc") != identity("ab", "c")


def test_a_refused_token_is_renewed_once_for_everyone_who_carried_it():
    desk, name = Desk(), identity("renewed")
    first, second = IssuedAuth(name, desk), IssuedAuth(name, desk)
    assert header(first) == header(second)
    first.renew()
    second.renew()
    assert (header(first), header(second), desk.count) == ("Bearer jeton-2", "Bearer jeton-2", 2)


def test_a_token_is_renewed_a_little_before_its_end():
    desk = Desk(timedelta(seconds=59))
    auth = IssuedAuth(identity("short"), desk, header="X-Jeton")
    assert [header(auth), header(auth)] == ["Bearer jeton-1", "Bearer jeton-2"]


def test_a_credential_that_is_refused_is_not_offered_a_second_time(make_client, script):
    asked = []

    def refused() -> Issued:
        asked.append(1)
        raise AuthExpired("La clé n’est plus acceptée.", status=401)

    client = make_client(auth=IssuedAuth(identity("dead"), refused))
    with pytest.raises(AuthExpired):
        client.request("GET", "x")
    assert len(asked) == 1 and script.requests == []


def test_a_token_that_is_refused_in_use_is_renewed_and_then_given_up(make_client, script):
    desk = Desk()
    for _ in range(2):
        script.then_answer(401)
    with pytest.raises(AuthExpired):
        make_client(auth=IssuedAuth(identity("used"), desk)).request("GET", "x")
    assert desk.count == 2 and len(script.requests) == 2
    script.then_answer(403)
    with pytest.raises(Misconfigured):
        make_client(auth=IssuedAuth(identity("used"), desk)).request("GET", "x")
    assert desk.count == 2


def test_a_credential_is_proven_by_a_new_token():
    desk = Desk()
    auth = IssuedAuth(identity("proven"), desk)
    assert header(auth) == "Bearer jeton-1"
    auth.prove()
    assert (auth.secret, header(auth)) == ("jeton-2", "Bearer jeton-2")
