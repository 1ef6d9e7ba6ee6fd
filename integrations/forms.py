"""The forms of the console; those of a connection are built from what the connector declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator

from connectors.base.connector import AuthMethod, Connector, CredentialField
from integrations.models import Environment, Integration
from integrations.models.connection import OAUTH2
from integrations.oauth.apps import RegisteredApp
from integrations.services import OPTIONS

TYPED = "credential_"
CONFIG = "config_"
ENVIRONMENT_LABELS = {
    Environment.PRODUCTION: "Production",
    Environment.TEST: "Mode test",
    Environment.SIMULATOR: "Simulateur (démonstration)",
}


def environments(connector: type[Connector]) -> list[tuple[str, str]]:
    """The environments that a connector offers here; the simulator's only in demonstrations and development."""
    here = [name for name in connector.hosts if name != Environment.SIMULATOR or settings.DEMO or settings.DEBUG]
    return [(value, label) for value, label in ENVIRONMENT_LABELS.items() if value in here]


def methods(connector: type[Connector]) -> list[AuthMethod]:
    """The ways to connect that work here: typing a credential, or consenting where the provider's OAuth is declared."""
    return [method for method in connector.auth_methods if method.kind != OAUTH2 or connector.oauth]


def _declared_field(declared: CredentialField) -> forms.CharField:
    """A form field for a declared one. A secret's value is never written back into a page."""
    attrs = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}
    if declared.placeholder:
        attrs["placeholder"] = declared.placeholder
    widget = (
        forms.PasswordInput(attrs | {"autocomplete": "new-password"}) if declared.secret else forms.TextInput(attrs)
    )
    validators = []
    if declared.pattern:
        example = f" Exemple : {declared.placeholder}" if declared.placeholder else ""
        message = f"Cette valeur n’a pas la forme attendue.{example}"
        validators.append(RegexValidator(re.compile(rf"(?:{declared.pattern})\Z"), message))
    return forms.CharField(
        label=declared.label,
        help_text=declared.help,
        required=declared.required,
        max_length=2000,
        widget=widget,
        validators=validators,
        error_messages={"required": f"« {declared.label} » est obligatoire."},
    )


class CredentialsForm(forms.Form):
    """The declared credential and settings of one connector, for a connection that exists or is being made.

    kind: the wanted way to connect, where there are several; a consent has no credential to type.
    """

    def __init__(
        self,
        connector: type[Connector],
        *args: Any,
        kind: str = "",
        config: Mapping[str, str] | None = None,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        offered = methods(connector)
        self.method = next((method for method in offered if method.kind == kind), offered[0])
        self.other_methods = [method for method in offered if method != self.method]
        self.by_consent = self.method.kind == OAUTH2
        for declared in self.method.fields:
            self.fields[TYPED + declared.name] = _declared_field(declared)
        for declared in connector.config_fields:
            self.fields[CONFIG + declared.name] = _declared_field(declared)
            self.initial.setdefault(CONFIG + declared.name, (config or {}).get(declared.name, ""))

    def credential_fields(self) -> list[forms.BoundField]:
        """What opens the account."""
        return [self[name] for name in self.fields if name.startswith(TYPED)]

    def config_fields(self) -> list[forms.BoundField]:
        """The advanced options of the connection."""
        return [self[name] for name in self.fields if name.startswith(CONFIG)]

    def config_open(self) -> bool:
        """Whether the advanced options deserve to be seen at once: something is filled in, or wrong."""
        return any(field.errors or field.value() for field in self.config_fields())

    def _values(self, prefix: str) -> dict[str, str]:
        return {
            name.removeprefix(prefix): value.strip()
            for name, value in self.cleaned_data.items()
            if name.startswith(prefix) and value.strip()
        }

    def secrets(self) -> dict[str, str]:
        """The typed secrets by declared name."""
        return self._values(TYPED)

    def config(self) -> dict[str, str]:
        """The filled settings by declared name."""
        return self._values(CONFIG)


class ConnectForm(CredentialsForm):
    """A new integration."""

    name = forms.CharField(
        label="Nom de l’intégration",
        max_length=120,
        help_text="Pour la reconnaître dans la console; vous pourrez le changer.",
        error_messages={"required": "Donnez un nom à cette intégration."},
    )
    environment = forms.ChoiceField(
        label="Environnement", help_text="Les données de test et de production ne se mélangent jamais."
    )

    def __init__(self, connector: type[Connector], *args: Any, **kwargs: Any):
        super().__init__(connector, *args, **kwargs)
        choices = environments(connector)
        field = self.fields["environment"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
        self.initial.setdefault("name", connector.label)
        if settings.DEMO and choices:
            self.initial.setdefault("environment", choices[-1][0])


class OptionsForm(forms.ModelForm):
    """What an administrator sets on an integration."""

    sync_hour = forms.TypedChoiceField(
        label="Heure",
        coerce=int,
        choices=[(hour, f"{hour}\xa0h\xa000") for hour in range(24)],
        help_text="Heure de Montréal.",
    )

    class Meta:
        model = Integration
        fields = OPTIONS
        localized_fields = ("backoff_multiplier",)
        widgets = {"push_divisions": forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"})}
        labels = {
            "sync_weekday": "Jour de la semaine",
            "batch_size": "Enregistrements par page",
            "max_retries": "Nombre de nouveaux essais",
            "retry_delay_ms": "Premier délai (ms)",
            "backoff_multiplier": "Multiplicateur du délai",
            "timeout_seconds": "Délai maximal d’une requête (s)",
            "default_division": "Division par défaut",
            "conflict_policy": "En cas de conflit",
            "create_missing": "Créer chez le fournisseur les enregistrements qui y manquent",
            "push_at_once": "Envoyer dès qu’un enregistrement change",
            "push_divisions": "Divisions envoyées",
        }
        help_texts = {
            "frequency": "Une synchronisation peut aussi être lancée à la main à tout moment.",
            "batch_size": "De 1 à 1\xa0000. Plus la page est grande, moins il y a de requêtes.",
            "max_retries": "De 0 à 20. Avant d’abandonner une requête qui échoue de façon passagère.",
            "retry_delay_ms": "De 100 à 600\xa0000 millisecondes, avant le premier nouvel essai.",
            "backoff_multiplier": "De 1 à 10. Avec 2 : 1 s, 2 s, 4 s, 8 s…",
            "timeout_seconds": "De 1 à 120 secondes.",
            "default_division": "Donnée aux enregistrements reçus qui n’en ont pas.",
            "direction": "« Vers la plateforme » ne modifie jamais rien chez le fournisseur.",
            "conflict_policy": "Quand un même champ a changé des deux côtés depuis le dernier accord.",
            "create_missing": "Sinon, seuls les enregistrements déjà liés sont envoyés.",
            "push_at_once": "Sinon, les changements partent à la prochaine synchronisation.",
            "push_divisions": "Aucune choisie : toutes sont envoyées.",
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
        # "2" rather than "2,00".
        self.initial["backoff_multiplier"] = self.instance.backoff_multiplier.normalize()
        self.fields["backoff_multiplier"].widget.attrs["inputmode"] = "decimal"


class SecretLines(forms.Textarea):
    """Several secrets, one a line; what was typed is never written back into a page."""

    def format_value(self, value: Any) -> str:
        return ""


class AppForm(forms.Form):
    """Our application at a provider. Secrets that are left empty keep what is stored."""

    client_id = forms.CharField(
        label="Identifiant client",
        max_length=255,
        help_text="« Client ID » chez la plupart des fournisseurs.",
        error_messages={"required": "L’identifiant client est obligatoire."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
    )
    client_secret = forms.CharField(
        label="Secret client",
        max_length=2000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
        error_messages={"required": "Le secret client est obligatoire."},
    )
    webhook_secrets = forms.CharField(
        label="Secrets de webhook",
        required=False,
        max_length=8000,
        help_text="Ce qui signe les appels du fournisseur. Un par ligne; deux pendant un remplacement.",
        widget=SecretLines(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
    )
    forget_webhook_secrets = forms.BooleanField(label="Effacer les secrets de webhook enregistrés", required=False)

    def __init__(self, stored: RegisteredApp | None, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if stored:
            self.initial.setdefault("client_id", stored.client_id)
            self.fields["client_secret"].required = False
            self.fields["client_secret"].help_text = "Laissez vide pour garder le secret enregistré."
        if stored and stored.webhook_secrets:
            self.fields["webhook_secrets"].help_text += " Laissez vide pour garder ceux qui sont enregistrés."
        else:
            del self.fields["forget_webhook_secrets"]

    def typed_webhook_secrets(self) -> list[str] | None:
        """The secrets to store; None keeps what is stored."""
        if self.cleaned_data.get("forget_webhook_secrets"):
            return []
        lines = [line.strip() for line in self.cleaned_data["webhook_secrets"].splitlines() if line.strip()]
        return lines or None


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
