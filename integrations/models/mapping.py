"""Which field becomes which, and which record is which."""

from django.db import models
from django.db.models import Q

from integrations.core.ids import uuid7
from integrations.models.connection import ConflictPolicy, Integration


class DataType(models.TextChoices):
    STRING = "string", "Texte court"
    TEXT = "text", "Texte"
    INTEGER = "integer", "Nombre entier"
    DECIMAL = "decimal", "Nombre décimal"
    MONEY = "money", "Montant"
    BOOLEAN = "boolean", "Oui ou non"
    DATE = "date", "Date"
    DATETIME = "datetime", "Date et heure"
    EMAIL = "email", "Adresse courriel"
    PHONE = "phone", "Téléphone"
    ENUM = "enum", "Liste de valeurs"
    REFERENCE = "reference", "Lien vers un enregistrement"
    LINES = "lines", "Lignes"
    ADDRESS = "address", "Adresse"


class MappingDirection(models.TextChoices):
    IN = "in", "Vers la plateforme"
    OUT = "out", "Vers le fournisseur"
    BOTH = "both", "Dans les deux sens"
    CREATE = "create", "À la création seulement"


class FieldMapping(models.Model):
    """One field of the platform and its path in one object of the provider."""

    integration = models.ForeignKey(Integration, models.CASCADE, related_name="field_mappings")
    resource = models.CharField("objet", max_length=60)
    local_field = models.CharField("champ de la plateforme", max_length=100)
    remote_path = models.CharField("champ du fournisseur", max_length=200)
    data_type = models.CharField("type", max_length=12, choices=DataType)
    required = models.BooleanField("obligatoire", default=False)
    direction = models.CharField("sens", max_length=8, choices=MappingDirection, default=MappingDirection.BOTH)
    value_table = models.JSONField("table de valeurs", default=dict, blank=True)
    target_resource = models.CharField("objet visé", max_length=60, blank=True)
    codec = models.CharField("conversion", max_length=60, blank=True)
    option_kind = models.CharField("liste du fournisseur", max_length=40, blank=True)
    default = models.JSONField("valeur par défaut", null=True, blank=True)
    conflict_policy = models.CharField("en cas de conflit", max_length=10, choices=ConflictPolicy, blank=True)
    transform_in = models.CharField("transformation à la réception", max_length=20, blank=True)
    transform_out = models.CharField("transformation à l’envoi", max_length=20, blank=True)
    position = models.PositiveSmallIntegerField("ordre", default=0)

    class Meta:
        verbose_name = "correspondance de champ"
        verbose_name_plural = "correspondances de champs"
        ordering = ["integration", "resource", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "resource", "local_field"], name="one_mapping_per_local_field"
            )
        ]

    def __str__(self) -> str:
        return f"{self.local_field} ↔ {self.remote_path}"


class LinkState(models.TextChoices):
    LIVE = "live", "Lié"
    TOMBSTONE = "tombstone", "Supprimé chez le fournisseur"
    # Of a record that an undoing archived: it stays so until the object changes at the provider.
    SET_ASIDE = "set_aside", "Mis de côté par une annulation"
    # The object of a record that was merged into another, whose changes still reach the survivor.
    MERGED = "merged", "Fusionné"
    ARCHIVED = "archived", "Archivé avec son intégration"
    ALIAS = "alias", "Fusionné avec un autre"
    CUT = "cut", "Lien défait"
    LOST = "lost", "Supprimé, à recréer"


class RecordLink(models.Model):
    """One record of the platform and the same thing at a provider.

    `base_local` and `base_remote` hold the value of every mapped field on each side when both last agreed, as canonical
    JSON; `raw_hash` covers the raw mapped values and the mapping itself, so that an unchanged record costs one hash.
    An alias is the id of an object that the provider merged into another one: it stands for the survivor's record.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # No index of its own: before the planner knows how many links a new integration has, it takes any index that begins
    # with it and reads all of them for every page.
    integration = models.ForeignKey(Integration, models.CASCADE, related_name="links", db_index=False)
    resource = models.CharField("objet", max_length=60)
    remote_id = models.CharField("identifiant chez le fournisseur", max_length=255)
    record_kind = models.CharField("type d’enregistrement", max_length=40)
    record_id = models.UUIDField("enregistrement")
    base_local = models.JSONField(default=dict)
    base_remote = models.JSONField(default=dict)
    raw_hash = models.CharField(max_length=32)
    remote_version = models.CharField(max_length=100, blank=True)
    state = models.CharField("état", max_length=10, choices=LinkState, default=LinkState.LIVE)
    synced_at = models.DateTimeField("dernier changement reçu")

    class Meta:
        verbose_name = "lien"
        constraints = [
            models.UniqueConstraint(
                fields=["remote_id", "integration", "resource", "record_kind"],
                condition=~Q(state="archived"),
                name="one_link_per_remote_object",
            ),
            models.UniqueConstraint(
                fields=["integration", "resource", "record_kind", "record_id"],
                condition=Q(state="live"),
                name="one_live_link_per_record",
            ),
        ]
        indexes = [models.Index(fields=["record_kind", "record_id"], name="link_by_record")]

    def __str__(self) -> str:
        return f"{self.resource} {self.remote_id}"
