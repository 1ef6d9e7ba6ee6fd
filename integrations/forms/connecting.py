"""Connecting an account: the forms are built from what the connector declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator

from connectors.base.connector import AuthMethod, Connector, CredentialField
from integrations.models import Environment
from integrations.models.connection import OAUTH2

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


def _declared_field(declared: CredentialField) -> forms.Field:
    """A form field for a declared one. A secret's value is never written back into a page."""
    if declared.choices:
        return forms.ChoiceField(
            label=declared.label, help_text=declared.help, required=declared.required, choices=declared.choices
        )
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
