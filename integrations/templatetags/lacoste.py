"""How the pages write numbers, moments and states in Canadian French; icons and logos."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_currency, format_decimal
from django import template
from django.forms import BoundField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

import connectors
from integrations import stop
from integrations.core.roles import is_administrator

register = template.Library()

LOCALE = "fr_CA"
NBSP = "\xa0"
ICONS = "vendor/tabler-icons-3.51.0/icons.svg"


def _is_plural(value: Any) -> bool:
    """French counts from two: 0 and 1,5 are singular."""
    try:
        return abs(Decimal(str(value if value is not None else 0))) >= 2
    except ArithmeticError:
        return False


@register.filter
def nombre(value: Any) -> str:
    """Write a number with French separators: 12 345,5. None is a dash."""
    if value is None:
        return "—"
    return format_decimal(value, locale=LOCALE)


@register.filter
def compte(value: Any, words: str) -> str:
    """Write a count and its noun: `{{ n|compte:"erreur" }}` → "0 erreur", "3 erreurs"; "œil,yeux" gives both words."""
    singular, _, plural = words.partition(",")
    return f"{nombre(value or 0)}{NBSP}{(plural or f'{singular}s') if _is_plural(value) else singular}"


@register.filter
def argent(value: Decimal | float | int | None, currency: str = "CAD") -> str:
    """Write an amount of money: 1 234,50 $. None is a dash."""
    return "—" if value is None else format_currency(value, currency or "CAD", locale=LOCALE)


@register.filter
def duree(milliseconds: float | None) -> str:
    """Write a duration given in milliseconds: 840 ms, 3,2 s, 4 min 05 s, 1 h 02 min."""
    if milliseconds is None:
        return "—"
    if round(milliseconds) < 1000:
        return f"{round(milliseconds)}{NBSP}ms"
    if milliseconds < 59_950:
        return f"{format_decimal(Decimal(str(milliseconds)) / 1000, format='0.0', locale=LOCALE)}{NBSP}s"
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    if minutes < 60:
        return f"{minutes}{NBSP}min{NBSP}{seconds:02d}{NBSP}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}{NBSP}h{NBSP}{minutes:02d}{NBSP}min"


def relative(moment: datetime, now: datetime | None = None) -> str:
    """Say how long ago a moment was, or how far ahead it is: "il y a 3 minutes", "dans 2 heures", "à l’instant"."""
    delta = moment - (now or timezone.now())
    if abs(delta.total_seconds()) < 10:
        return "à l’instant"
    return format_timedelta(delta, add_direction=True, threshold=0.95, locale=LOCALE)


@register.filter
def il_y_a(moment: datetime | None) -> str:
    """Write a moment relative to now inside a <time> element that also tells the exact local time. None is "Jamais"."""
    if moment is None:
        return "Jamais"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(), moment_exact(moment), relative(moment)
    )


@register.filter
def moment_exact(moment: datetime | None) -> str:
    """Write a moment in local time, to the second: 23 novembre 2026, 15 h 04 min 09 s. None is a dash."""
    if moment is None:
        return "—"
    local = timezone.localtime(moment)
    return f"{_first(date_format(local, 'DATETIME_FORMAT'))}{NBSP}min{NBSP}{local.second:02d}{NBSP}s"


@register.filter
def quand(moment: datetime | date | None) -> str:
    """Write a date, or a moment in local time to the minute: 3 nov. 2026, 15 h 04. None is a dash."""
    if moment is None:
        return "—"
    if isinstance(moment, datetime):
        return _first(format_datetime(timezone.localtime(moment), f"d MMM y, HH{NBSP}'h'{NBSP}mm", locale=LOCALE))
    return _first(format_date(moment, "d MMM y", locale=LOCALE))


def _first(day: str) -> str:
    """The first of a month is an ordinal number in French: 1er juill. 2026."""
    return f"1er{day[1:]}" if day.startswith("1 ") else day


@register.simple_tag
def icon(name: str, classes: str = "", label: str = "") -> SafeString:
    """Draw a glyph of the sprite; without a label it is decoration, hidden from screen readers."""
    href = f"{static(ICONS)}#{name}"
    if label:
        return format_html(
            '<svg class="icon {}" role="img" aria-label="{}"><use href="{}"></use></svg>', classes, label, href
        )
    return format_html('<svg class="icon {}" aria-hidden="true"><use href="{}"></use></svg>', classes, href)


@register.inclusion_tag("components/stop_banner.html", takes_context=True)
def stop_banner(context: Any) -> dict[str, Any]:
    """The red banner while everything is stopped; one query, for administrators only."""
    request = context.get("request")
    stopped = stop.current() if request and is_administrator(request.user) else None
    return {"stopped": stopped, "request": request, "csrf_token": context.get("csrf_token")}


@register.simple_tag
def logo(slug: str, classes: str = "") -> SafeString:
    """Show a provider's logo; its name always stands beside it, so the picture is silent."""
    return format_html(
        '<img class="logo {}" src="{}" alt="" width="40" height="40">', classes, static(f"logos/{slug}.svg")
    )


@register.filter
def beau_json(value: Any) -> str:
    """Write JSON for reading."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


@register.filter
def object_label(name: str, provider: str) -> str:
    """The French plural of a provider's object."""
    return next((resource.label for resource in connectors.get(provider).resources if resource.name == name), name)


@register.filter
def provider_label(slug: str) -> str:
    """A provider's name."""
    return connectors.get(slug).label


@register.filter
def slot_label(block: Any, remote_id: str) -> str:
    """The name of an element of the provider's list, also of one that a slot no longer offers."""
    return str(block.label_of(remote_id))


TONES = {
    "active": "ok",
    "inactive": "",
    "error": "bad",
    "reconnect": "warn",
    "pending": "info live",
    "running": "info live",
    "completed": "ok",
    "partial": "warn",
    "failed": "bad",
    "cancelled": "",
    "sending": "info live",
    "done": "ok",
    "rejected": "bad",
    "held": "warn",
}


@register.filter
def status_tone(thing: Any) -> str:
    """The colour class of a state; the word beside it says the same."""
    return TONES.get(thing.status, "")


@register.simple_tag(takes_context=True)
def page_address(context: template.Context, number: int) -> str:
    """The address of another page of the list, its other parameters kept."""
    query = context["request"].GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def current_section(context: template.Context, address: str) -> str:
    """Mark the navigation link whose section holds the current page."""
    path = context["request"].path if "request" in context else ""
    return mark_safe(' aria-current="page"') if path == address or path.startswith(f"{address}/") else ""


@register.filter
def initiales(user: Any) -> str:
    """Return one or two letters that stand for a person."""
    words = user.get_full_name().split() or user.email.partition("@")[0].replace("-", ".").split(".")
    return "".join(word[0] for word in words[:2] if word).upper()


@register.filter
def controle(field: BoundField) -> SafeString:
    """Draw a form control with Bootstrap's classes."""
    kind = {"select": "form-select", "checkbox": "form-check-input"}.get(field.widget_type, "form-control")
    classes = [field.field.widget.attrs.get("class", ""), kind, "is-invalid" if field.errors else ""]
    return field.as_widget(attrs={"class": " ".join(filter(None, classes))})
