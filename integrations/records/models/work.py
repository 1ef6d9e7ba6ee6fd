"""Work done for customers and in properties."""

from decimal import Decimal

from django.db import models

from integrations.records.models import choices
from integrations.records.models.base import Line, Record
from integrations.records.models.fields import CurrencyField, MoneyField

LIVE = models.Q(archived_at__isnull=True)


class Job(Record):
    """A piece of work. A property manager's work order is a job with a `work_order_number`."""

    TITLE = ("number", "title")

    number = models.CharField("numéro", max_length=60, blank=True)
    work_order_number = models.CharField("numéro du bon de travail", max_length=60, blank=True)
    customer = models.ForeignKey(
        "records.Customer",
        verbose_name="client",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="jobs",
    )
    property = models.ForeignKey(
        "records.Property",
        verbose_name="immeuble",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="jobs",
    )
    unit = models.ForeignKey(
        "records.Unit", verbose_name="logement", on_delete=models.PROTECT, null=True, blank=True, related_name="jobs"
    )
    tenant = models.ForeignKey(
        "records.Tenant",
        verbose_name="locataire",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="jobs",
    )
    opportunity = models.ForeignKey(
        "records.Opportunity",
        verbose_name="occasion d’affaires",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="jobs",
    )
    title = models.CharField("titre", max_length=255)
    description = models.TextField("description", blank=True)
    category = models.CharField("catégorie", max_length=60, blank=True)
    priority = models.CharField(
        "priorité", max_length=10, choices=choices.JobPriority.choices, default=choices.JobPriority.MEDIUM
    )
    status = models.CharField(
        "statut", max_length=20, choices=choices.JobStatus.choices, default=choices.JobStatus.OPEN
    )
    permission_to_enter = models.BooleanField("permission d’entrer", null=True, blank=True)
    assigned_to = models.CharField("assigné à", max_length=200, blank=True)
    requested_at = models.DateTimeField("demandé le", null=True, blank=True)
    scheduled_start = models.DateTimeField("début prévu", null=True, blank=True)
    scheduled_end = models.DateTimeField("fin prévue", null=True, blank=True)
    due_at = models.DateTimeField("échéance", null=True, blank=True)
    completed_at = models.DateTimeField("terminé le", null=True, blank=True)
    estimated_cost = MoneyField("coût estimé", null=True, blank=True)
    actual_cost = MoneyField("coût réel", null=True, blank=True)
    currency = CurrencyField("devise")

    class Meta(Record.Meta):
        verbose_name = "travail"
        verbose_name_plural = "travaux"
        indexes = [models.Index(fields=["status"], name="job_status")]
        constraints = [
            models.UniqueConstraint(
                fields=["number"],
                condition=LIVE & ~models.Q(number=""),
                name="job_number_live",
                violation_error_message="Ce numéro existe déjà.",
            )
        ]


class JobLine(Line):
    """Labour, material or a fee of a job."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="lines")
    kind = models.CharField(
        "genre", max_length=10, choices=choices.JobLineKind.choices, default=choices.JobLineKind.LABOUR
    )
    code = models.CharField("code d’article", max_length=60, blank=True)
    description = models.TextField("description", blank=True)
    quantity = models.DecimalField("quantité", max_digits=12, decimal_places=4, default=Decimal("1.0000"))
    unit_price = models.DecimalField("prix unitaire", max_digits=14, decimal_places=4, default=Decimal("0.0000"))
    total = MoneyField("total", default=Decimal("0.00"))

    class Meta(Line.Meta):
        verbose_name = "ligne de travail"
        verbose_name_plural = "lignes de travail"


class Attachment(Record):
    """A photo or a document that belongs to a job, an invoice, an expense or a property."""

    name = models.CharField("nom", max_length=255)
    kind = models.CharField(
        "genre", max_length=10, choices=choices.AttachmentKind.choices, default=choices.AttachmentKind.PHOTO
    )
    caption = models.TextField("légende", blank=True)
    content_type = models.CharField("type de contenu", max_length=100, blank=True)
    size_bytes = models.BigIntegerField("taille (octets)", null=True, blank=True)
    sha256 = models.CharField("empreinte SHA-256", max_length=64, blank=True)
    url = models.URLField("adresse", max_length=1000, blank=True)
    storage_key = models.CharField("clé de stockage", max_length=500, blank=True)
    taken_at = models.DateTimeField("pris le", null=True, blank=True)
    job = models.ForeignKey(
        Job, verbose_name="travail", on_delete=models.PROTECT, null=True, blank=True, related_name="attachments"
    )
    invoice = models.ForeignKey(
        "records.Invoice",
        verbose_name="facture",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="attachments",
    )
    expense = models.ForeignKey(
        "records.Expense",
        verbose_name="dépense",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="attachments",
    )
    property = models.ForeignKey(
        "records.Property",
        verbose_name="immeuble",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="attachments",
    )

    class Meta(Record.Meta):
        verbose_name = "pièce jointe"
        verbose_name_plural = "pièces jointes"
