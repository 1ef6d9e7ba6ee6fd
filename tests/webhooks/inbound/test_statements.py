"""What a call costs the database, whatever the number of its events."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.webhooks.inbound.pretend import body_of, event

pytestmark = pytest.mark.django_db


def statements(desk, *events, times=1):
    """How many statements a call costs once the first one was noted."""
    desk.call()
    with CaptureQueriesContext(
        connection,
    ) as captured:
        for _ in range(times):
            assert desk.call(body_of(*events)).status_code < 300
    return len([each for each in captured if not each["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN"))])


@pytest.mark.parametrize("count", [1, 200])
def test_a_keyed_call_costs_the_same_for_any_number_of_events(keyed, count):
    # Who is called, the call with its events, and on PostgreSQL the bell; SQLite needs two to store.
    assert statements(keyed, *(event(str(n)) for n in range(count))) == 3


@pytest.mark.parametrize("count", [1, 200])
def test_a_call_for_all_accounts_costs_the_same_for_any_number_of_events(shared, count):
    # The applications, the integrations of the accounts, and as above.
    assert statements(shared, *(event(str(n)) for n in range(count))) == 4


@pytest.mark.parametrize("path", ["/webhook/keyed/x", "/webhook/nobody/x", "/webhook/shared/x", "/webhook/sage/x"])
def test_an_unknown_key_costs_the_same_whatever_the_provider(keyed, shared, path, django_assert_num_queries):
    keyed.send(b"", {}, path="/webhook/keyed/y")  # the counters are written once a second
    keyed.send(b"", {}, path="/webhook/nobody/y")
    keyed.send(b"", {}, path="/webhook/shared/y")
    keyed.send(b"", {}, path="/webhook/sage/y")
    with django_assert_num_queries(1):
        assert keyed.send(b"", {}, path=path).status_code == 404


@pytest.mark.parametrize("count", [1, 200])
def test_a_repetition_costs_a_look_at_what_is_known(keyed, count):
    events = [event(str(n)) for n in range(count)]
    keyed.call(body_of(*events))
    # Nothing is stored, so that SQLite writes no call and PostgreSQL rings no bell.
    assert statements(keyed, *events) == 3
