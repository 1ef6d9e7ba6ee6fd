"""The page that developers get for a crash shows no credential."""

import sys
from typing import Any

from django.test import RequestFactory
from django.views.debug import ExceptionReporter, get_default_exception_reporter_filter

from integrations.core.debug import MaskingReporterFilter

# Put together at run time: the page also shows source lines, and those are not what is tested.
SECRET = "".join(["hun", "ter"])


class Connection:
    def __repr__(self) -> str:
        return f"Connection(credentials={{'api_key': '{SECRET}'}})"


def test_a_crash_page_hides_secrets_and_keeps_the_rest(settings: Any) -> None:
    settings.DEBUG = True
    posted = {"api_key": SECRET, "label": "Xero Montréal", "note": f"Bearer {SECRET}"}
    request = RequestFactory().post("/?a=1", posted)
    access_token, connection, header, label = SECRET, Connection(), f"Bearer {SECRET}", "visible"  # noqa: F841
    posted = {}
    try:
        raise ValueError("échec")
    except ValueError:
        reporter = ExceptionReporter(request, *sys.exc_info())
    for page in (reporter.get_traceback_html(), reporter.get_traceback_text()):
        assert SECRET not in page
        assert "Xero Montréal" in page
    page = reporter.get_traceback_html()
    assert "Connection(credentials=" in page
    assert "&#x27;visible&#x27;" in page


def test_the_settings_use_the_masking_filter() -> None:
    assert isinstance(get_default_exception_reporter_filter(), MaskingReporterFilter)
