"""Numbers, moments and plurals as the pages write them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.templatetags import lacoste
from integrations.templatetags.records import telephone

NOW = datetime(2026, 11, 23, 20, 4, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0\xa0erreur"),
        (1, "1\xa0erreur"),
        (Decimal("1.5"), "1,5\xa0erreur"),
        (2, "2\xa0erreurs"),
        (None, "0\xa0erreur"),
    ],
)
def test_french_counts_from_two(number: Any, text: str) -> None:
    assert lacoste.compte(number, "erreur") == text


def test_a_plural_may_be_another_word() -> None:
    assert lacoste.compte(12_345, "travail,travaux") == "12\xa0345\xa0travaux"


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (Decimal("1234.5"), "CAD", "1\xa0234,50\xa0$"),
        (Decimal("-3"), "CAD", "-3,00\xa0$"),
        (Decimal("10"), "USD", "10,00\xa0$\xa0US"),
        (None, "CAD", "—"),
    ],
)
def test_money_is_written_as_in_quebec(amount: Any, currency: str, text: str) -> None:
    assert lacoste.argent(amount, currency) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (None, "—"),
        (0, "0\xa0ms"),
        (999, "999\xa0ms"),
        (1500, "1,5\xa0s"),
        (59_949, "59,9\xa0s"),
        (59_960, "1\xa0min\xa000\xa0s"),
        (245_000, "4\xa0min\xa005\xa0s"),
        (3_720_000, "1\xa0h\xa002\xa0min"),
        (3_599_600, "1\xa0h\xa000\xa0min"),
    ],
)
def test_durations_grow_with_their_unit(milliseconds: Any, text: str) -> None:
    assert lacoste.duree(milliseconds) == text


@pytest.mark.parametrize(
    ("ahead", "text"),
    [
        (timedelta(seconds=-3), "à l’instant"),
        (timedelta(seconds=-40), "il y a 40 secondes"),
        (timedelta(minutes=-3), "il y a 3 minutes"),
        (timedelta(hours=2), "dans 2 heures"),
        (timedelta(days=-1), "il y a 1 jour"),
    ],
)
def test_moments_are_told_relative_to_now(ahead: timedelta, text: str) -> None:
    assert lacoste.relative(NOW + ahead, NOW) == text


def test_moments_are_local_and_plain_dates_are_not_moved() -> None:
    assert lacoste.quand(NOW) == "23 nov. 2026, 15\xa0h\xa004"
    assert lacoste.moment_exact(NOW) == "23 novembre 2026, 15\xa0h\xa004\xa0min\xa009\xa0s"
    assert lacoste.quand(date(2026, 7, 1)) == "1er juill. 2026"
    assert lacoste.il_y_a(None) == "Jamais"
    assert 'title="23 novembre 2026, 15\xa0h\xa004\xa0min\xa009\xa0s"' in lacoste.il_y_a(NOW)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("+15145550123", "514\xa0555-0123"),
        ("+15145550123;ext=4", "514\xa0555-0123 p.\xa04"),
        ("+33142685300", "+33 1 42 68 53 00"),
        ("poste 3", "poste 3"),
    ],
)
def test_phone_numbers_are_written_as_people_here_do(number: str, text: str) -> None:
    assert telephone(number) == text


def test_a_person_without_a_name_has_the_initials_of_the_address() -> None:
    class Person:
        email = "marie-eve@lacoste.example"

        def get_full_name(self) -> str:
            return ""

    assert lacoste.initiales(Person()) == "ME"
