"""An integration that exists: its direction, its options, and its deletion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from connectors.base.resource import Resource
from integrations.forms.mappings import LIKE_THE_INTEGRATION
from integrations.models import ConflictPolicy, DeletionPolicy, Direction, Frequency, Integration
from integrations.routing import writable
from integrations.services import OPTIONS

POLICIES = {
    ConflictPolicy.HOLD: "Le champ reste tel quel de chaque côté jusqu’à ce que vous choisissiez sous « Conflits ».",
    ConflictPolicy.PLATFORM: "La valeur de la plateforme est envoyée au fournisseur.",
    ConflictPolicy.PROVIDER: "La valeur du fournisseur remplace celle de la plateforme.",
    ConflictPolicy.NEWEST: "La dernière modification gagne; trop rapprochées pour être départagées, le champ attend.",
}


DELETIONS = {
    DeletionPolicy.ARCHIVE: "Ce qui disparaît d’un côté est archivé ici; une fiche archivée ici le reste.",
    DeletionPolicy.UNLINK: "La fiche reste telle quelle et n’est plus reliée à rien chez le fournisseur.",
    DeletionPolicy.RESTORE: "Ce qui disparaît là-bas y est recréé, où le sens et le fournisseur le permettent; sinon "
    "la fiche reste sans lien. Une fiche archivée ici qui change là-bas est rétablie.",
    DeletionPolicy.ASK: "Chaque suppression attend votre décision sous « À approuver ».",
}

HOURS = [(hour, f"{hour}\xa0h\xa000") for hour in range(24)]
ADVANCED = frozenset({"batch_size", "timeout_seconds", "max_retries", "retry_delay_ms", "backoff_multiplier"})
FILTER = "filter-"
DELETION = "deletion-"
PERIOD = ("date_from", "date_to")


class DayInput(forms.DateInput):
    """A day, picked in a calendar."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class ExplainedRadios(forms.RadioSelect):
    """Radio buttons that each carry a sentence: `explanations` by value."""

    explanations: Mapping[str, str] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The option, with its sentence for the template."""
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        option["attrs"]["class"] = "form-check-input"
        return option | {"explanation": self.explanations.get(str(value), "")}


def directions(integration: Integration) -> dict[str, str]:
    """The directions that the connector can do, each with what it means."""
    provider = integration.connector.label
    readable = any("pull" in resource.capabilities for resource in integration.connector.resources)
    sends = bool(writable(integration))
    meanings = {
        Direction.IN: (readable, f"Les enregistrements de {provider} arrivent ici; rien n’y est jamais modifié."),
        Direction.OUT: (sends, f"Ce qui change ici est envoyé à {provider}; ce qui change là-bas n’est pas repris."),
        Direction.BOTH: (readable and sends, "Ce qui change d’un côté est repris de l’autre, champ par champ."),
    }
    return {direction.value: text for direction, (possible, text) in meanings.items() if possible}


def _offer_directions(field: forms.Field, integration: Integration) -> None:
    assert isinstance(field, forms.ChoiceField)
    offered = directions(integration)
    field.choices = [(value, Direction(value).label) for value in offered]
    assert isinstance(field.widget, ExplainedRadios)
    field.widget.explanations = offered


class DirectionForm(forms.Form):
    """Which way records go: asked before the first synchronisation, and with each preview."""

    direction = forms.ChoiceField(
        label="Sens de la synchronisation",
        widget=ExplainedRadios,
        error_messages={"required": "Choisissez un sens.", "invalid_choice": "Choisissez un des sens offerts."},
    )

    def __init__(self, integration: Integration, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        _offer_directions(self.fields["direction"], integration)
        self.initial.setdefault("direction", integration.direction)


class OptionsForm(forms.ModelForm):
    """What an administrator sets on an integration."""

    sync_hour = forms.TypedChoiceField(
        label="Heure",
        coerce=int,
        choices=HOURS,
        help_text="Heure de Montréal. Le départ est étalé sur les dix minutes qui suivent.",
    )
    push_hour = forms.TypedChoiceField(label="Heure d’envoi", coerce=int, choices=HOURS, help_text="Heure de Montréal.")

    class Meta:
        model = Integration
        fields = [name for name in OPTIONS if name not in ("filters", "deletion_policies")]
        localized_fields = ("backoff_multiplier",)
        widgets = {
            "push_divisions": forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
            "direction": ExplainedRadios,
            "conflict_policy": ExplainedRadios,
            "deletion_policy": ExplainedRadios,
            "date_from": DayInput,
            "date_to": DayInput,
            "lock_date": DayInput,
        }
        labels = {
            "sync_weekday": "Jour de la semaine",
            "batch_size": "Enregistrements par page",
            "max_retries": "Nombre de nouveaux essais",
            "retry_delay_ms": "Premier délai (ms)",
            "backoff_multiplier": "Multiplicateur du délai",
            "timeout_seconds": "Délai maximal d’une requête (s)",
            "default_division": "Division par défaut",
            "direction": "Sens de la synchronisation",
            "frequency": "Synchronisation planifiée",
            "push_frequency": "Envoi de ce qui change ici",
            "conflict_policy": "Quand un même champ a changé des deux côtés",
            "deletion_policy": "Quand un enregistrement est supprimé d’un côté",
            "newest_tolerance": "Tolérance entre les horloges (s)",
            "create_missing": "Créer les manquants",
            "push_weekday": "Jour d’envoi",
            "push_divisions": "Divisions envoyées",
            "include_deleted": "Suivre les suppressions",
            "webhooks_enabled": "Webhooks activés",
            "date_from": "Documents à partir du",
            "date_to": "Documents jusqu’au",
            "lock_date": "Date de verrouillage",
        }
        help_texts = {
            "name": "Tel qu’il paraît dans la console et dans les avis.",
            "sync_weekday": "Le jour de la synchronisation hebdomadaire.",
            "batch_size": "De 1 à 1\xa0000. Plus la page est grande, moins il y a de requêtes.",
            "max_retries": "De 0 à 20. Avant d’abandonner une requête qui échoue de façon passagère.",
            "retry_delay_ms": "De 100 à 600\xa0000 millisecondes, avant le premier nouvel essai.",
            "backoff_multiplier": "De 1 à 10. Avec 2 : 1 s, 2 s, 4 s, 8 s…",
            "timeout_seconds": "De 1 à 120 secondes. Passé ce délai, la requête compte comme un échec passager.",
            "default_division": "Donnée aux enregistrements reçus qui n’en ont pas.",
            "newest_tolerance": "De 0 à 3\xa0600 secondes. Deux modifications plus rapprochées attendent votre "
            "décision. L’écart mesuré entre les deux horloges est déjà corrigé.",
            "create_missing": "Chaque enregistrement de la plateforme qui n’existe pas chez le fournisseur y est créé, "
            "même s’il vient d’un autre système. Sinon, seuls ceux de la plateforme le sont, quand ils naissent ou "
            "changent.",
            "webhooks_enabled": "Le fournisseur annonce ses changements, qui arrivent en quelques secondes. Sinon, ses "
            "appels sont refusés et l’abonnement est retiré.",
            "frequency": "Une synchronisation peut aussi être lancée à la main à tout moment.",
            "push_frequency": "« Dès la modification » : dans les secondes qui suivent. Aux heures choisies : tout ce "
            "qui a changé part en une fois.",
            "push_weekday": "Le jour de l’envoi hebdomadaire.",
            "push_divisions": "Ce qui est d’une autre division n’est ni créé ni modifié chez le fournisseur. Aucune "
            "choisie : toutes.",
            "include_deleted": "Ce qui est supprimé chez le fournisseur suit le choix ci-dessous; sinon, rien ne "
            "change ici.",
            "date_from": "Les documents plus anciens sont laissés de côté, dans les deux sens.",
            "date_to": "Ce jour compris. Les documents plus récents sont laissés de côté.",
            "lock_date": "Rien de daté de ce jour ou d’avant n’est écrit chez le fournisseur : l’envoi attend. Ce qui "
            "change là-bas continue d’arriver.",
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        division = self.fields["default_division"]
        assert isinstance(division, forms.ModelChoiceField)
        division.queryset = division.queryset.filter(archived_at=None) if division.queryset is not None else None
        division.empty_label = "Aucune"
        sent = self.fields["push_divisions"]
        assert isinstance(sent, forms.ModelMultipleChoiceField)
        sent.queryset = division.queryset
        _offer_directions(self.fields["direction"], self.instance)
        self._narrow()
        policy = self.fields["conflict_policy"].widget
        assert isinstance(policy, ExplainedRadios)
        policy.explanations = {value.value: text for value, text in POLICIES.items()}
        deletion = self.fields["deletion_policy"].widget
        assert isinstance(deletion, ExplainedRadios)
        deletion.explanations = {value.value: text for value, text in DELETIONS.items()}
        # "2" rather than "2,00".
        self.initial["backoff_multiplier"] = self.instance.backoff_multiplier.normalize()
        self.fields["backoff_multiplier"].widget.attrs["inputmode"] = "decimal"

    def _narrow(self) -> None:
        """Offer a period where documents have a day, the filters that the provider knows, and real time where the
        provider tells of changes."""
        resources = self.instance.connector.resources
        if self.instance.connector.webhooks is None:
            del self.fields["webhooks_enabled"]
            frequency = self.fields["frequency"]
            assert isinstance(frequency, forms.ChoiceField)
            offered = [choice for choice in Frequency.choices if choice[0] != Frequency.REALTIME]
            frequency.choices = offered
        if not any(resource.date_field or set(PERIOD) & set(resource.filters) for resource in resources):
            for name in PERIOD:
                del self.fields[name]
        if self.instance.connector.category != "accounting":
            del self.fields["lock_date"]
        for resource in resources:
            if "pull" in resource.capabilities:
                self._offer_deletion(resource)
            for name in resource.filters:
                if name in PERIOD:
                    continue
                key = f"{FILTER}{resource.name}-{name}"
                self.fields[key] = forms.CharField(label=f"{resource.label} : {name}", required=False, max_length=200)
                self.initial.setdefault(key, self.instance.filters.get(resource.name, {}).get(name, ""))

    def _offer_deletion(self, resource: Resource) -> None:
        """Let an object that is received have a deletion policy of its own."""
        self.fields[f"{DELETION}{resource.name}"] = forms.ChoiceField(
            label=resource.label,
            choices=[("", LIKE_THE_INTEGRATION), *DeletionPolicy.choices],
            required=False,
            error_messages={"invalid_choice": "Choisissez une des réponses offertes."},
        )
        self.initial.setdefault(f"{DELETION}{resource.name}", self.instance.deletion_policies.get(resource.name, ""))

    def filter_fields(self) -> list[forms.BoundField]:
        """The filters of the provider's objects."""
        return [self[name] for name in self.fields if name.startswith(FILTER)]

    def deletion_fields(self) -> list[forms.BoundField]:
        """The deletion policies of the objects that are received."""
        return [self[name] for name in self.fields if name.startswith(DELETION)]

    def deletions_open(self) -> bool:
        """Whether some object has a deletion policy of its own."""
        return any(field.errors or field.value() for field in self.deletion_fields())

    def advanced_open(self) -> bool:
        """Whether something among the requests and retries was refused."""
        return bool(ADVANCED & self.errors.keys())

    def filters_open(self) -> bool:
        """Whether the filters deserve to be seen at once."""
        return any(field.errors or field.value() for field in self.filter_fields())

    def clean(self) -> dict[str, Any] | None:
        """A period that ends before it begins would leave everything out; real time needs webhooks."""
        cleaned = super().clean()
        first, last = (self.cleaned_data.get(name) for name in PERIOD)
        if first and last and last < first:
            self.add_error("date_to", "La fin de la période précède son début.")
        in_real_time = self.cleaned_data.get("frequency") == Frequency.REALTIME
        if in_real_time and "webhooks_enabled" in self.fields and not self.cleaned_data.get("webhooks_enabled"):
            self.add_error(
                "webhooks_enabled",
                "Le temps réel passe par les webhooks : activez-les, ou choisissez une autre fréquence.",
            )
        return cleaned

    def options(self) -> dict[str, Any]:
        """What was set, by the names of services.OPTIONS."""
        filters: dict[str, dict[str, str]] = {}
        deletions: dict[str, str] = {}
        for name, value in self.cleaned_data.items():
            if name.startswith(FILTER) and value:
                resource, _, filtered = name.removeprefix(FILTER).partition("-")
                filters.setdefault(resource, {})[filtered] = value
            elif name.startswith(DELETION) and value:
                deletions[name.removeprefix(DELETION)] = value
        own = (FILTER, DELETION)
        chosen = {name: value for name, value in self.cleaned_data.items() if not name.startswith(own)}
        return chosen | {"filters": filters, "deletion_policies": deletions}


class DeleteForm(forms.Form):
    """Confirms a deletion by the integration's name."""

    confirmation = forms.CharField(
        label="Nom de l’intégration",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Tapez le nom de l’intégration pour confirmer."},
    )

    def __init__(self, integration: Integration, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.integration = integration

    def clean_confirmation(self) -> str:
        """The typed name, when it is the integration's."""
        typed: str = self.cleaned_data["confirmation"].strip()
        if typed != self.integration.name:
            raise forms.ValidationError("Ce n’est pas le nom de l’intégration. Tapez-le exactement comme il est écrit.")
        return typed
