"""How the value of a record's field is shown, by its declared type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import phonenumbers
from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join, linebreaks
from django.utils.safestring import SafeString, mark_safe

from integrations.records.kinds import FieldInfo, kind_of
from integrations.records.models import Record
from integrations.records.values import ADDRESS_PARTS, BadValue
from integrations.templatetags.lacoste import NBSP, argent, nombre, quand

register = template.Library()

NOTHING = mark_safe('<span class="quiet">—</span>')
LINES_SHOWN = 8
ICONS = {
    "division": "sitemap",
    "customer": "users",
    "contact": "address-book",
    "property": "building-community",
    "unit": "door",
    "tenant": "user",
    "opportunity": "bulb",
    "job": "briefcase",
    "invoice": "file-invoice",
    "payment": "cash",
    "refund": "receipt-refund",
    "expense": "receipt",
    "attachment": "paperclip",
    "financing_application": "wallet",
}


@register.filter
def kind_icon(slug: str) -> str:
    """The glyph that stands for a kind of records."""
    return ICONS.get(slug, "database")


@register.filter
def record_url(record: Record) -> str:
    """The page of a record."""
    return reverse("integrations:record", args=[kind_of(type(record)).slug, record.pk])


@register.simple_tag
def field_value(info: FieldInfo, record: Any, full: bool = False) -> str | SafeString:
    """The value that a record (or a child row) has in a field; a dash when it has none. full: with full titles."""
    if info.type == "reference":
        other = getattr(record, info.name)
        if not other:
            return NOTHING
        return format_html('<a href="{}">{}</a>', record_url(other), other.full_title if full else other)
    if info.type == "references":
        column = info.attname.removesuffix("_id")
        others = [getattr(row, column) for row in getattr(record, info.name).all()]
        return (
            format_html_join(", ", '<a href="{}">{}</a>', ((record_url(other), other) for other in others)) or NOTHING
        )
    return _shown(info, getattr(record, info.attname), getattr(record, "currency", "CAD"))


@register.simple_tag
def web_page(link: Any) -> str:
    """Where people see a link's object at its provider, empty where the connector does not say."""
    integration = link.integration
    for resource in integration.connector.resources:
        if resource.name == link.resource:
            return resource.web_page(integration.environment, integration.account_id, link.remote_id, integration.site)
    return ""


@register.filter
def children(record: Record, info: FieldInfo) -> Any:
    """The child rows of a record in one of its collections."""
    return getattr(record, info.name).all()


@register.filter
def minus(total: int, shown: list[Any]) -> int:
    """How many are not shown."""
    return total - len(shown)


@register.simple_tag
def history_value(info: FieldInfo | None, value: Any, titles: Mapping[UUID, str]) -> str | SafeString:
    """A value of the history, from its canonical JSON; a record that it refers to is shown by its title."""
    if info is None:
        return str(value) if value not in (None, "") else NOTHING
    if value in (None, "", [], {}):
        return NOTHING
    if info.type == "reference":
        return titles.get(UUID(value), "Enregistrement inconnu")
    if info.type == "references":
        return f"{len(value)}{NBSP}{'éléments' if len(value) > 1 else 'élément'}"
    if info.type == "lines":
        return _lines(info, value, titles)
    try:
        return _shown(info, info.cleaner(value), "CAD")
    except BadValue:
        # A provider's value that the platform would refuse is still to be seen.
        return str(value)


def _lines(info: FieldInfo, items: list[Mapping[str, Any]], titles: Mapping[UUID, str]) -> SafeString:
    """The lines of a document, each by what it says and its amount; the first few of many."""
    told = [(_line(info, item, titles),) for item in items[:LINES_SHOWN]]
    if len(items) > LINES_SHOWN:
        told.append((f"et {len(items) - LINES_SHOWN} de plus",))
    return format_html_join(mark_safe("<br>"), "{}", told)


def _line(info: FieldInfo, item: Mapping[str, Any], titles: Mapping[UUID, str]) -> str:
    by_type: dict[str, list[str]] = {}
    for sub in info.items:
        if (value := item.get(sub.name)) in (None, ""):
            continue
        if sub.type == "reference":
            by_type.setdefault("words", []).append(titles.get(UUID(value), sub.label))
        elif sub.type in ("string", "text"):
            by_type.setdefault(sub.type, []).append(value)
        elif sub.type == "money":
            by_type.setdefault("money", []).append(argent(sub.cleaner(value)))
    words = [by_type[name][0] for name in ("words", "text", "string") if name in by_type]
    # The amount of a line is the last of its amounts: sub-total, taxes, total.
    return " · ".join([*words[:1], *by_type.get("money", [])[-1:]]) or "—"


def _shown(info: FieldInfo, value: Any, currency: str) -> str | SafeString:
    if value is None or value in ("", {}):
        return NOTHING
    if info.type == "enum":
        return info.choices.get(value, value)
    if info.type == "money":
        return argent(value, currency)
    writer = WRITERS.get(info.type, str)
    return writer(value)


def _integer(value: int) -> str:
    # Years and short numbers read better without a separator.
    return nombre(value) if abs(value) >= 10_000 else str(value)


def _email(value: str) -> SafeString:
    return format_html('<a href="mailto:{0}">{0}</a>', value)


def _phone(value: str) -> SafeString:
    return format_html('<a href="tel:{}">{}</a>', value, telephone(value))


def _moment(value: date | datetime) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), quand(value))


def _address(value: Mapping[str, str]) -> SafeString:
    parts = {part: value.get(part, "") for part in ADDRESS_PARTS}
    city = f"{parts['city']} ({parts['province']})" if parts["province"] and parts["city"] else parts["city"]
    lines = [parts["line1"], parts["line2"], f"{city}{NBSP * 2}{parts['postal_code']}".strip(), parts["country"]]
    shown = [line for line in lines if line and line != "CA"]
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in shown))


def _json(value: Mapping[str, Any]) -> SafeString:
    return format_html_join(mark_safe("<br>"), '<span class="quiet">{} :</span> {}', value.items())


@register.filter
def telephone(value: str) -> str:
    """Write a phone number as people here do: 514 555-0123; others with their country code."""
    try:
        number = phonenumbers.parse(value, "CA")
    except phonenumbers.NumberParseException:
        return value
    digits = str(number.national_number)
    if number.country_code == 1 and len(digits) == 10:
        extension = f" p.{NBSP}{number.extension}" if number.extension else ""
        return f"{digits[:3]}{NBSP}{digits[3:6]}-{digits[6:]}{extension}"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


WRITERS: dict[str, Callable[[Any], str]] = {
    "boolean": lambda value: "Oui" if value else "Non",
    "decimal": lambda value: nombre(value.normalize()),
    "integer": _integer,
    "date": _moment,
    "datetime": _moment,
    "email": _email,
    "phone": _phone,
    "address": _address,
    "json": _json,
    "text": lambda value: mark_safe(linebreaks(value, autoescape=True)),  # noqa: S308 - escaped just here
}
