"""People of the console and the audit log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, NoReturn

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from . import roles


class UserManager(BaseUserManager["User"]):
    """Creates people from an e-mail address; addresses are kept in lower case."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a person; without a password the account can only be opened by a password reset."""
        if not email:
            raise ValueError("a person needs an e-mail address")
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create an administrator (what `manage.py createsuperuser` calls)."""
        return self.create_user(email, password, **{**fields, "role": roles.ADMINISTRATOR})

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractUser):
    """A person who signs in with an e-mail address. What they may do follows from `role` alone."""

    username = None  # type: ignore[assignment]
    groups = None  # type: ignore[assignment]
    user_permissions = None  # type: ignore[assignment]

    email = models.EmailField("adresse courriel", unique=True)
    first_name = models.CharField("prénom", max_length=150, blank=True)
    last_name = models.CharField("nom", max_length=150, blank=True)
    role = models.CharField("rôle", max_length=20, choices=roles.ROLES, default=roles.SUPPORT)
    is_active = models.BooleanField(
        "compte actif", default=True, help_text="Décocher pour bloquer l’accès sans perdre l’historique."
    )
    date_joined = models.DateTimeField("créé le", auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "personne"
        verbose_name_plural = "personnes"
        ordering: ClassVar = ["email"]
        constraints: ClassVar = [models.UniqueConstraint(Lower("email"), name="user_email_unique_any_case")]

    def __str__(self) -> str:
        return self.email

    @property
    def is_staff(self) -> bool:  # type: ignore[override]
        """Both roles work in the Django admin; what they see there follows from their permissions."""
        return True

    @property
    def is_superuser(self) -> bool:  # type: ignore[override]
        return self.role == roles.ADMINISTRATOR

    def clean(self) -> None:
        super().clean()
        self.email = self.email.lower()

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.lower()
        super().save(*args, **kwargs)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return self.is_active and roles.role_has_permission(self.role, perm)

    def has_perms(self, perm_list: Iterable[str], obj: Any = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and roles.role_sees_app(self.role, app_label)


class AppendOnlyError(TypeError):
    """Something tried to change or delete a row of the audit log."""


class AppendOnlyQuerySet(models.QuerySet["AuditEvent"]):
    """Reads and inserts; refuses everything else."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError("the audit log can only be added to")

    update = bulk_update = delete = _raw_delete = _refuse

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        if len(args) > 2 or kwargs.get("update_conflicts"):
            self._refuse()
        return super().bulk_create(objs, *args, **kwargs)


class AuditEvent(models.Model):
    """One act: who, what, on what, when, from where. `audit.record` writes it; nothing changes it afterwards."""

    USER, SYSTEM, TOKEN = "user", "system", "token"
    ACTOR_KINDS = [(USER, "Personne"), (SYSTEM, "Système"), (TOKEN, "Jeton")]

    at = models.DateTimeField("moment", default=timezone.now, editable=False)
    # Without a constraint in the database: the row keeps its number and its label after the person is deleted.
    actor = models.ForeignKey(
        User,
        verbose_name="personne",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        db_index=False,
        editable=False,
    )
    actor_kind = models.CharField("sorte d’auteur", max_length=10, choices=ACTOR_KINDS, editable=False)
    actor_label = models.CharField("auteur", max_length=254, editable=False)
    action = models.CharField("acte", max_length=64, editable=False)
    target_type = models.CharField("sorte d’objet", max_length=100, blank=True, editable=False)
    target_id = models.CharField("numéro de l’objet", max_length=64, blank=True, editable=False)
    target_label = models.CharField("objet", max_length=254, blank=True, editable=False)
    before = models.JSONField("avant", null=True, encoder=DjangoJSONEncoder, editable=False)
    after = models.JSONField("après", null=True, encoder=DjangoJSONEncoder, editable=False)
    ip = models.GenericIPAddressField("adresse IP", null=True, editable=False)
    request_id = models.CharField("requête", max_length=64, blank=True, editable=False)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = "acte"
        verbose_name_plural = "journal d’audit"
        ordering: ClassVar = ["-id"]
        base_manager_name = "objects"
        indexes: ClassVar = [
            models.Index(fields=["-at"], name="audit_at"),
            models.Index(fields=["action", "-id"], name="audit_action"),
            models.Index(fields=["actor", "-id"], name="audit_actor"),
            models.Index(fields=["target_type", "target_id", "-id"], name="audit_target"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_label}: {self.action}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError("the audit log can only be added to")
        # Forced, so that a row made up with the number of an existing one cannot overwrite it.
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError("the audit log can only be added to")

    @property
    def action_label(self) -> str:
        """How the log calls the act; its code when the part that registered it is gone."""
        from .audit import AUDIT_ACTIONS

        return AUDIT_ACTIONS.get(self.action, self.action)
