"""What every record has, and the lock on the tables: only the door (`records.services.apply`) writes."""

from typing import Any, ClassVar, NoReturn

from django.db import models

from integrations.core.ids import uuid7


class WriteThroughDoor(RuntimeError):
    """Raised when code writes a record elsewhere than through `integrations.records.services.apply`."""

    def __init__(self, model: type[models.Model], method: str) -> None:
        super().__init__(
            f"{model.__name__}.{method}() is closed: records are written through "
            "integrations.records.services.apply(changes, origin), which keeps version, history and events right."
        )


class GuardedQuerySet(models.QuerySet[Any]):
    """Reads like any query set, refuses every write."""

    def live(self) -> "GuardedQuerySet":
        """Return the records that are not archived."""
        return self.filter(archived_at__isnull=True)

    def _refuse(self, method: str) -> NoReturn:
        raise WriteThroughDoor(self.model, f"objects.{method}")

    def create(self, **kwargs: Any) -> NoReturn:
        self._refuse("create")

    def bulk_create(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse("bulk_create")

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse("bulk_update")

    def get_or_create(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse("get_or_create")

    def update_or_create(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse("update_or_create")

    def update(self, **kwargs: Any) -> NoReturn:
        self._refuse("update")

    def delete(self) -> NoReturn:
        self._refuse("delete")

    # Django sets these marks on its own methods; templates and query-set methods of managers rely on them.
    update.alters_data = True  # type: ignore[attr-defined]
    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


GuardedManager = models.Manager.from_queryset(GuardedQuerySet)


class Guarded(models.Model):
    """A row that only the door writes."""

    objects: ClassVar[Any] = GuardedManager()

    class Meta:
        abstract = True
        # Related managers write through the base manager: it must refuse as well.
        base_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise WriteThroughDoor(type(self), "save")

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise WriteThroughDoor(type(self), "delete")

    save.alters_data = True  # type: ignore[attr-defined]
    delete.alters_data = True  # type: ignore[attr-defined]


class Record(Guarded):
    """A record of the platform.

    `provenance` is `{field: {"by": origin code, "at": ISO instant}}`, one entry per field that somebody set.
    """

    TITLE: ClassVar[tuple[str, ...]] = ("name",)
    CONTEXT: ClassVar[str] = ""
    """The reference without which the title says too little: the property of a unit."""

    id = models.UUIDField("identifiant", primary_key=True, default=uuid7, editable=False)
    version = models.PositiveIntegerField("version", default=1, editable=False)
    created_at = models.DateTimeField("créé le", editable=False)
    updated_at = models.DateTimeField("modifié le", editable=False, db_index=True)
    archived_at = models.DateTimeField("archivé le", null=True, blank=True, editable=False)
    division = models.ForeignKey(
        "records.Division",
        verbose_name="division",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    provenance = models.JSONField("provenance", default=dict, editable=False)
    custom = models.JSONField("champs personnalisés", default=dict, blank=True)

    class Meta(Guarded.Meta):
        abstract = True
        ordering = ["-id"]

    def __str__(self) -> str:
        """Return the title: the fields of TITLE that are filled, or the start of the identifier."""
        parts = [str(value) for name in self.TITLE if (value := getattr(self, name))]
        return " ".join(parts) or f"{self._meta.verbose_name} {str(self.pk)[-8:]}"

    @property
    def full_title(self) -> str:
        """The title with its context, for pages that do not show the context beside it: "304 · Résidence du Parc"."""
        context = getattr(self, self.CONTEXT) if self.CONTEXT else None
        return f"{self} · {context}" if context else str(self)


class Line(Guarded):
    """A row of a record's child collection: written, compared and kept as one field of its owner.

    `remote_ids` is `{integration id: id of this line at that provider}`.
    """

    id = models.UUIDField("identifiant", primary_key=True, default=uuid7, editable=False)
    position = models.PositiveIntegerField("position", default=0)
    remote_ids = models.JSONField("identifiants distants", default=dict, blank=True)

    class Meta(Guarded.Meta):
        abstract = True
        ordering = ["position", "id"]
