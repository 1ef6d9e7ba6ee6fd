"""Our applications at the providers."""

from __future__ import annotations

from typing import Any

from django import forms

from integrations.oauth.apps import RegisteredApp


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
