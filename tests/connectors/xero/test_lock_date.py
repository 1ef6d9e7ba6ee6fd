"""What the organisation tells of its closed books."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.xero.connector import Xero
    from tests.simulator import Control


def test_an_organisation_without_lock_date_has_none(xero: Xero) -> None:
    assert xero.lock_date() is None


def test_the_lock_date_is_the_organisations(xero: Xero, simulator: Control) -> None:
    simulator.configure("xero", period_lock_date="2026-03-31")
    assert xero.lock_date() == date(2026, 3, 31)
