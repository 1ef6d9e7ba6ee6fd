"""Model fields for secrets: encrypted in the database, clear in Python, unsearchable, never shown by a form.

The fields of django-fernet-encrypted-fields are the parents; cipher and plumbing are replaced, because the parents
return the stored text when they cannot decrypt it, share a flag between threads, and lose types and empty strings.
A secret is bound to its table and column: a migration that renames either has to encrypt the rows again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.core import checks
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.expressions import Expression
from encrypted_fields import fields as parents

from . import keys

if TYPE_CHECKING:  # the parents ship no types: to a checker, these are the plain fields
    Parent = models.Field[Any, Any]
    TextParent = models.TextField[Any, Any]
    JSONParent = models.JSONField[Any, Any]
else:
    Parent = parents.EncryptedFieldMixin
    TextParent = parents.EncryptedTextField
    JSONParent = parents.EncryptedJSONField


class SecretField(Parent):
    """What both secret fields share. `None` stays NULL; everything else is encrypted, the empty string too."""

    @property
    def bound_to(self) -> str:
        """The "table.column" that values are sealed for."""
        return f"{self.model._meta.db_table}.{self.column}"

    def dump(self, value: Any) -> str:
        raise NotImplementedError

    def load(self, text: str) -> Any:
        raise NotImplementedError

    def encrypt(self, value: Any) -> str:
        """Return what the column stores for a value."""
        return keys.ring().encrypt(self.dump(value), self.bound_to)

    def decrypt(self, stored: str) -> Any:
        """Return the value of what the column stores; `keys.DecryptionError` when it cannot be read."""
        return self.load(keys.ring().decrypt(stored, self.bound_to))

    def get_internal_type(self) -> str:
        return "TextField"

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else self.encrypt(value)

    def from_db_value(self, value: str | None, expression: Expression, connection: Any) -> Any:
        return None if value is None else self.decrypt(value)

    def to_python(self, value: Any) -> Any:
        """Forms and loaders hand over clear values: nothing is ever decrypted here."""
        return super(parents.EncryptedFieldMixin, self).to_python(value)

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        return super(parents.EncryptedFieldMixin, self).clean(value, model_instance)

    def get_lookup(self, lookup_name: str) -> Any:
        """Only "is it set" can be asked: each encryption of the same value differs."""
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted: “{lookup_name}” cannot be asked of it, only “isnull”")
        return super().get_lookup(lookup_name)

    def get_transform(self, lookup_name: str) -> Any:
        raise FieldError(f"{self.name} is encrypted: nothing inside it can be queried")

    def value_to_string(self, obj: models.Model) -> str:
        raise FieldError(f"{self.name} is encrypted: it is not written to fixtures, back the database up instead")

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        errors = super().check(**kwargs)
        if self.unique or self.db_index:  # type: ignore[attr-defined]
            errors.append(
                checks.Error("A secret can neither be indexed nor unique: its text differs at each write.", obj=self)
            )
        return errors


class SecretTextField(SecretField, TextParent):
    """A secret text. In a form: a password box, always empty, which left empty keeps what is stored."""

    def dump(self, value: Any) -> str:
        if isinstance(value, bytes):
            raise TypeError(f"{self.name} holds text, not bytes")
        return str(value)

    def load(self, text: str) -> str:
        return text

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        attributes = {"autocomplete": "new-password", "spellcheck": "false"}
        box = forms.PasswordInput(render_value=False, attrs=attributes)
        return models.Field.formfield(self, **{"strip": True, **kwargs, "widget": box, "form_class": forms.CharField})

    def save_form_data(self, instance: models.Model, data: Any) -> None:
        if data:
            super().save_form_data(instance, data)


class SecretJSONField(SecretField, JSONParent):
    """A secret JSON value (types kept). Forms leave it out: screens write credentials through services."""

    def dump(self, value: Any) -> str:
        return json.dumps(value, cls=self.encoder, ensure_ascii=False, separators=(",", ":"))

    def load(self, text: str) -> Any:
        return json.loads(text, cls=self.decoder)

    def formfield(self, **kwargs: Any) -> None:
        return None
