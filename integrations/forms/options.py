"""An integration that exists: its options, and its deletion."""

from __future__ import annotations

from typing import Any

from django import forms

from integrations.models import Integration
from integrations.services import OPTIONS


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
