"""When it does not go well: each trouble is named by what happens next, in French, and loses nothing."""

from __future__ import annotations

import pytest

from connectors.base.errors import Malformed, RateLimited, Transient, Unreadable
from tests.connectors.suite.french import is_french
from tests.connectors.suite.reading import alive, records, size_of
from tests.connectors.suite.registry import Case, of_resource
from tests.connectors.support import QUICK

TRIES = QUICK.max_retries + 1


def read(case: Case, connector: object) -> set[str]:
    """The ids of all that is alive."""
    return alive(case, records(list(connector.pull(case.name, None, page_size=size_of(case)))))  # type: ignore[attr-defined]


@of_resource()
def throttled(case: Case) -> None:
    """429 with Retry-After: a short wait is taken, a long one is handed to the caller, seconds or date."""
    connector, wanted = case.desk.connect(), case.live_ids()
    case.desk.fault("rate_limit", retry_after=0)
    assert read(case, connector) == wanted
    for as_date in (False, True):
        case.desk.fault("rate_limit", retry_after=30, as_date=as_date)
        with pytest.raises(RateLimited) as caught:
            read(case, connector)
        assert 25 < caught.value.retry_after <= 30  # type: ignore[operator]
        assert is_french(caught.value.sentence)
    assert read(case, connector) == wanted


@of_resource()
def throttled_silently(case: Case) -> None:
    """429 without Retry-After: tried again a little later, or after the wait that the provider is known for."""
    connector, wanted = case.desk.connect(), case.live_ids()
    case.desk.fault("rate_limit")
    if case.adapter.silent_wait:
        with pytest.raises(RateLimited) as caught:
            read(case, connector)
        assert caught.value.retry_after >= case.adapter.silent_wait  # type: ignore[operator]
    else:
        assert read(case, connector) == wanted
        assert connector.retries == 1


@of_resource()
def failing_once(case: Case) -> None:
    """500, then fine: nobody hears of it."""
    connector, wanted = case.desk.connect(), case.live_ids()
    case.desk.fault("error")
    assert read(case, connector) == wanted
    assert connector.retries == 1


@of_resource()
def outage(case: Case) -> None:
    """503 without end: Transient, after as many tries as allowed, or at once with the long wait that it asks for."""
    connector = case.desk.connect()
    case.desk.forget()
    case.desk.fault("unavailable", times=None)
    with pytest.raises(Transient) as caught:
        read(case, connector)
    assert is_french(caught.value.sentence)
    patient = (caught.value.retry_after or 0) > QUICK.max_sleep
    assert len(case.desk.requests()) == (1 if patient else TRIES)


@of_resource()
def malformed_answer(case: Case) -> None:
    """A web page, or half a document: read again, then told; never taken for an empty list."""
    connector, wanted = case.desk.connect(), case.live_ids()
    for kind in ("html", "truncated"):
        case.desk.fault(kind)
        assert read(case, connector) == wanted
        case.desk.fault(kind, times=TRIES)
        with pytest.raises(Unreadable) as caught:
            read(case, connector)
        assert is_french(caught.value.sentence)


@of_resource()
def malformed_record(case: Case) -> None:
    """One object without its id spoils itself only: the others come, and it is told in French."""
    connector = case.desk.connect()
    case.desk.fault("missing_field", path=case.subject.pages, field=case.resource.id_field)
    page = next(iter(connector.pull(case.name, None, page_size=size_of(case))))
    spoilt = []
    for record in page.records:
        try:
            case.resource.remote_id(record)
        except Malformed as error:
            spoilt.append(error.sentence)
    assert len(spoilt) == 1 and is_french(spoilt[0])
    assert len(page.records) > 1
