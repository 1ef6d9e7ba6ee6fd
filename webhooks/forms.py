"""What an administrator types: an endpoint, the filters of the log, a replay."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone

from integrations.core.masking import MASK
from integrations.records.events import CATALOGUE
from webhooks import ssrf
from webhooks.inbound import log
from webhooks.models import DeliveryStatus, Endpoint, InboundStatus
from webhooks.selectors import Filters
from webhooks.services import SETTINGS

MOST_HEADERS = 20
LONGEST_HEADER = 2000
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
# What we write ourselves, and what belongs to the connection.
OURS = {"accept-encoding", "content-encoding", "content-length", "content-type", "host", "user-agent", "expect", "date"}
HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "trailers", "transfer-encoding", "upgrade", "http2-settings"}
OUR_PREFIXES = ("webhook-", "svix-", "x-webhook-signature", "proxy-", "x-forwarded-")


def header_problem(name: str, value: str) -> str:
    """A French sentence about a custom header that is not sent, "" when it may be."""
    low = name.lower()
    if not _NAME.fullmatch(name):
        return f"« {name[:60]} » n’est pas un nom d’en-tête : lettres, chiffres et traits d’union seulement."
    if low in OURS or low in HOP_BY_HOP or low.startswith(OUR_PREFIXES):
        return f"L’en-tête « {name} » est réservé : la console ou la connexion l’écrit elle-même."
    if not value:
        return f"L’en-tête « {name} » n’a pas de valeur."
    if len(value) > LONGEST_HEADER or not all(character == "\t" or " " <= character <= "~" for character in value):
        return f"La valeur de « {name} » n’est pas permise : caractères ASCII imprimables, au plus 2\xa0000."
    return ""


class HeadersField(forms.CharField):
    """One header per line, "Name: value"; cleaned to a dictionary. A masked value stands for the stored one."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "mono", "autocomplete": "off"})

    def to_python(self, value: Any) -> Any:
        """The dictionary; ValidationError tells every line that is refused."""
        lines = [line.strip() for line in (value or "").splitlines() if line.strip()]
        found: dict[str, str] = {}
        problems = []
        for line in lines:
            name, colon, text = (part.strip() for part in line.partition(":"))
            if not colon:
                problems.append(f"« {line[:60]} » : écrivez un nom, deux-points, puis une valeur.")
            elif name.lower() in {known.lower() for known in found}:
                problems.append(f"L’en-tête « {name} » est écrit deux fois.")
            elif text != MASK and (problem := header_problem(name, text)):
                problems.append(problem)
            found[name] = text
        if len(found) > MOST_HEADERS:
            problems.append(f"Au plus {MOST_HEADERS} en-têtes.")
        if problems:
            raise forms.ValidationError(problems)
        return found


class EndpointForm(forms.ModelForm):
    """The settings of an endpoint."""

    event_types = forms.MultipleChoiceField(
        label="Événements", required=False, choices=[(name, each.label) for name, each in CATALOGUE.items()]
    )
    headers = HeadersField(
        label="En-têtes",
        required=False,
        help_text="Un par ligne : <code>Nom: valeur</code>. Les valeurs enregistrées restent masquées; "
        "laissez-les telles quelles pour les garder.",
    )

    class Meta:
        model = Endpoint
        fields = SETTINGS
        localized_fields = ("multiplier",)
        widgets = {"url": forms.URLInput(attrs={"placeholder": "https://exemple.ca/webhooks", "spellcheck": "false"})}
        labels = {
            "url": "Adresse",
            "description": "Description",
            "all_events": "Tous les événements, aussi ceux qui s’ajouteront",
            "max_retries": "Nouveaux essais",
            "delay_ms": "Délai avant le premier nouvel essai (ms)",
            "multiplier": "Multiplicateur du délai",
            "timeout_seconds": "Délai maximal d’une tentative (s)",
            "slow_retry": "Poursuivre plus lentement pendant 3 jours",
        }
        help_texts = {
            "url": "Chaque événement y est envoyé par POST. Préférez https.",
            "max_retries": "De 0 à 20. Ensuite, la livraison est « échouée » et reste au journal.",
            "delay_ms": "De 100 à 600\xa0000 millisecondes.",
            "multiplier": "De 1 à 10. Avec 2 : 1 s, 2 s, 4 s, 8 s, 16 s.",
            "timeout_seconds": "De 1 à 30 secondes en tout, de la recherche du nom à la fin de la réponse.",
            "slow_retry": "Après le dernier nouvel essai : 1, 5, 15 et 30 minutes, 1 et 2 heures, puis toutes les "
            "3 heures.",
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.stored: dict[str, str] = dict(self.instance.headers)
        self.initial["headers"] = "\n".join(f"{name}: {MASK}" for name in self.stored)
        self.initial["multiplier"] = (
            self.instance.multiplier
            if isinstance(self.instance.multiplier, int)
            else (self.instance.multiplier.normalize())
        )
        self.fields["multiplier"].widget.attrs["inputmode"] = "decimal"

    @property
    def chosen(self) -> set[str]:
        """The types that are ticked."""
        return set(self["event_types"].value() or [])

    def clean_url(self) -> str:
        """The address, when deliveries may go there."""
        url: str = self.cleaned_data["url"].strip()
        if problem := ssrf.url_problem(url):
            raise forms.ValidationError(problem)
        return url

    def clean_headers(self) -> dict[str, str]:
        """The headers, masked values replaced by the stored ones."""
        given: dict[str, str] = self.cleaned_data["headers"] or {}
        lost = [name for name, value in given.items() if value == MASK and name not in self.stored]
        if lost:
            raise forms.ValidationError(f"Écrivez la valeur de « {lost[0]} ».")
        return {name: self.stored[name] if value == MASK else value for name, value in given.items()}

    def clean(self) -> dict[str, Any]:
        """An endpoint without any event would receive nothing."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not data.get("all_events") and not data.get("event_types") and "event_types" not in self.errors:
            self.add_error("event_types", "Cochez au moins un événement, ou tous.")
        return data

    def values(self) -> dict[str, Any]:
        """The cleaned settings, for the services."""
        return {name: self.cleaned_data[name] for name in SETTINGS}


class _LogFilters(forms.Form):
    """What both logs are narrowed by."""

    since = forms.DateField(required=False, localize=False, input_formats=["%Y-%m-%d"])
    until = forms.DateField(required=False, localize=False, input_formats=["%Y-%m-%d"])
    search = forms.CharField(required=False, max_length=200)

    def understood(self) -> dict[str, Any]:
        """The filters that could be read and are not empty."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class LogForm(_LogFilters):
    """The filters of the delivery log; one that cannot be read narrows nothing."""

    endpoint = forms.UUIDField(required=False)
    event = forms.ChoiceField(required=False, choices=[("", ""), *((name, name) for name in CATALOGUE)])
    status = forms.ChoiceField(required=False, choices=[("", ""), *DeliveryStatus.choices, ("retrying", "")])

    def filters(self) -> Filters:
        """What was understood."""
        return Filters(**self.understood())


class ReceivedForm(_LogFilters):
    """The filters of the log of received events; one that cannot be read narrows nothing."""

    provider = forms.CharField(required=False, max_length=40)
    integration = forms.UUIDField(required=False)
    status = forms.ChoiceField(required=False, choices=[("", ""), *InboundStatus.choices])

    def filters(self) -> log.Filters:
        """What was understood."""
        return log.Filters(**self.understood())


class ReplayForm(forms.Form):
    """Since when everything is sent again."""

    since = forms.DateTimeField(
        label="Depuis",
        help_text="Heure de Montréal.",
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": "Choisissez une date et une heure.", "invalid": "Cette date est illisible."},
    )
    with_delivered = forms.BooleanField(
        label="Renvoyer aussi ce qui a été livré",
        required=False,
        help_text="Les identifiants restent les mêmes : un destinataire qui les retient ne traite rien deux fois.",
    )

    def clean_since(self) -> datetime:
        """The moment, when it is past and its events are still kept."""
        since: datetime = self.cleaned_data["since"]
        if since > timezone.now():
            raise forms.ValidationError("Choisissez un moment passé.")
        kept = settings.WEBHOOK_RETENTION_DAYS
        if since < timezone.now() - timedelta(days=kept):
            raise forms.ValidationError(f"Les événements sont gardés {kept} jours : choisissez un moment plus récent.")
        return since
