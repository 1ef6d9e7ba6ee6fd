"""What is billed, paid, refunded and spent."""

from decimal import Decimal

from django.db import models

from integrations.records.models import choices
from integrations.records.models.base import Line, Record
from integrations.records.models.fields import CurrencyField, MoneyField

NUMBERED = models.Q(archived_at__isnull=True) & ~models.Q(number="")


class Invoice(Record):
    """A customer's invoice. Once posted, totals and tax rows are the accounting system's."""

    TITLE = ("number",)

    number = models.CharField("numéro", max_length=60, blank=True)
    customer = models.ForeignKey(
        "records.Customer", verbose_name="client", on_delete=models.PROTECT, related_name="invoices"
    )
    job = models.ForeignKey(
        "records.Job", verbose_name="travail", on_delete=models.PROTECT, null=True, blank=True, related_name="invoices"
    )
    status = models.CharField(
        "statut",
        max_length=10,
        choices=choices.InvoiceStatus.choices,
        default=choices.InvoiceStatus.DRAFT,
    )
    issue_date = models.DateField("date de la facture", null=True, blank=True)
    due_date = models.DateField("échéance", null=True, blank=True)
    tax_inclusive = models.BooleanField("taxes comprises", default=False)
    subtotal = MoneyField("sous-total", default=Decimal("0.00"))
    discount = MoneyField("rabais", default=Decimal("0.00"))
    total_tax = MoneyField("total des taxes", default=Decimal("0.00"))
    total = MoneyField("total", default=Decimal("0.00"))
    balance = MoneyField("solde", default=Decimal("0.00"))
    currency = CurrencyField("devise")
    exchange_rate = models.DecimalField("taux de change", max_digits=18, decimal_places=8, null=True, blank=True)
    reference = models.CharField("référence", max_length=100, blank=True)
    memo = models.TextField("note", blank=True)
    sent_at = models.DateTimeField("envoyée le", null=True, blank=True)
    paid_on = models.DateField("payée le", null=True, blank=True)
    overdue_since = models.DateField("en souffrance depuis", null=True, blank=True)

    class Meta(Record.Meta):
        verbose_name = "facture"
        verbose_name_plural = "factures"
        indexes = [models.Index(fields=["status", "due_date"], name="invoice_status_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["division", "number"],
                condition=NUMBERED & models.Q(division__isnull=False),
                name="invoice_number_live",
                violation_error_message="Ce numéro existe déjà.",
            ),
            models.UniqueConstraint(
                fields=["number"],
                condition=NUMBERED & models.Q(division__isnull=True),
                name="invoice_number_live_no_division",
                violation_error_message="Ce numéro existe déjà.",
            ),
        ]


class InvoiceLine(Line):
    """An item of an invoice."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    code = models.CharField("code d’article", max_length=60, blank=True)
    description = models.TextField("description", blank=True)
    quantity = models.DecimalField("quantité", max_digits=12, decimal_places=4, default=Decimal("1.0000"))
    unit_price = models.DecimalField("prix unitaire", max_digits=14, decimal_places=4, default=Decimal("0.0000"))
    discount_percent = models.DecimalField("rabais (%)", max_digits=5, decimal_places=2, default=Decimal("0.00"))
    subtotal = MoneyField("sous-total", default=Decimal("0.00"))
    tax_code = models.CharField("code de taxe", max_length=10, choices=choices.TaxCode.choices, blank=True)
    tax_amount = MoneyField("taxes", null=True, blank=True)
    total = MoneyField("total", default=Decimal("0.00"))
    account = models.CharField("compte de revenus", max_length=100, blank=True)
    category = models.CharField("catégorie de suivi", max_length=100, blank=True)
    service_date = models.DateField("date du service", null=True, blank=True)

    class Meta(Line.Meta):
        verbose_name = "ligne de facture"
        verbose_name_plural = "lignes de facture"


class InvoiceTax(Line):
    """One tax of an invoice, with the cents that its owner computed."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="taxes")
    name = models.CharField("taxe", max_length=60)
    rate = models.DecimalField("taux (%)", max_digits=8, decimal_places=5, default=Decimal("0.00000"))
    base = MoneyField("montant taxable", default=Decimal("0.00"))
    amount = MoneyField("montant", default=Decimal("0.00"))

    class Meta(Line.Meta):
        verbose_name = "taxe de facture"
        verbose_name_plural = "taxes de facture"


class Payment(Record):
    """Money received, expected or refused."""

    TITLE = ("reference",)

    customer = models.ForeignKey(
        "records.Customer",
        verbose_name="client",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payments",
    )
    date = models.DateField("date", null=True, blank=True)
    amount = MoneyField("montant")
    refunded_amount = MoneyField("montant remboursé", default=Decimal("0.00"))
    currency = CurrencyField("devise")
    method = models.CharField("mode de paiement", max_length=10, choices=choices.PaymentMethod.choices, blank=True)
    processor = models.CharField("processeur", max_length=40, blank=True)
    processor_fee = MoneyField("frais du processeur", null=True, blank=True)
    reference = models.CharField("référence", max_length=100, blank=True)
    status = models.CharField(
        "statut",
        max_length=20,
        choices=choices.PaymentStatus.choices,
        default=choices.PaymentStatus.PENDING,
    )
    failure_reason = models.CharField("raison de l’échec", max_length=255, blank=True)
    deposit_account = models.CharField("compte de dépôt", max_length=100, blank=True)

    class Meta(Record.Meta):
        verbose_name = "paiement"
        verbose_name_plural = "paiements"
        indexes = [models.Index(fields=["status"], name="payment_status")]


class PaymentAllocation(Line):
    """The part of a payment that pays one invoice."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="allocations")
    invoice = models.ForeignKey(Invoice, verbose_name="facture", on_delete=models.PROTECT, related_name="allocations")
    amount = MoneyField("montant")

    class Meta(Line.Meta):
        verbose_name = "affectation du paiement"
        verbose_name_plural = "affectations du paiement"


class Refund(Record):
    """Money given back, for a payment or on its own."""

    TITLE = ("reference",)

    payment = models.ForeignKey(
        Payment, verbose_name="paiement", on_delete=models.PROTECT, null=True, blank=True, related_name="refunds"
    )
    invoice = models.ForeignKey(
        Invoice, verbose_name="facture", on_delete=models.PROTECT, null=True, blank=True, related_name="refunds"
    )
    customer = models.ForeignKey(
        "records.Customer",
        verbose_name="client",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="refunds",
    )
    date = models.DateField("date", null=True, blank=True)
    amount = MoneyField("montant")
    currency = CurrencyField("devise")
    reason = models.CharField("raison", max_length=255, blank=True)
    processor = models.CharField("processeur", max_length=40, blank=True)
    reference = models.CharField("référence", max_length=100, blank=True)
    status = models.CharField(
        "statut", max_length=10, choices=choices.RefundStatus.choices, default=choices.RefundStatus.PENDING
    )

    class Meta(Record.Meta):
        verbose_name = "remboursement"
        verbose_name_plural = "remboursements"


class Expense(Record):
    """A purchase of the group, with the recoverable taxes apart."""

    TITLE = ("supplier", "reference")

    supplier = models.CharField("fournisseur", max_length=200)
    date = models.DateField("date", null=True, blank=True)
    category = models.CharField("catégorie", max_length=100, blank=True)
    job = models.ForeignKey(
        "records.Job", verbose_name="travail", on_delete=models.PROTECT, null=True, blank=True, related_name="expenses"
    )
    property = models.ForeignKey(
        "records.Property",
        verbose_name="immeuble",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="expenses",
    )
    subtotal = MoneyField("sous-total", default=Decimal("0.00"))
    gst_amount = MoneyField("TPS récupérable", default=Decimal("0.00"))
    qst_amount = MoneyField("TVQ récupérable", default=Decimal("0.00"))
    total = MoneyField("total", default=Decimal("0.00"))
    currency = CurrencyField("devise")
    payment_account = models.CharField("compte de paiement", max_length=100, blank=True)
    reference = models.CharField("référence", max_length=100, blank=True)
    memo = models.TextField("note", blank=True)
    status = models.CharField(
        "statut", max_length=10, choices=choices.ExpenseStatus.choices, default=choices.ExpenseStatus.DRAFT
    )

    class Meta(Record.Meta):
        verbose_name = "dépense"
        verbose_name_plural = "dépenses"


class ExpenseLine(Line):
    """An item of an expense."""

    expense = models.ForeignKey(Expense, on_delete=models.PROTECT, related_name="lines")
    description = models.TextField("description", blank=True)
    account = models.CharField("compte de dépenses", max_length=100, blank=True)
    category = models.CharField("catégorie de suivi", max_length=100, blank=True)
    amount = MoneyField("montant", default=Decimal("0.00"))
    tax_code = models.CharField("code de taxe", max_length=10, choices=choices.TaxCode.choices, blank=True)
    tax_amount = MoneyField("taxes", null=True, blank=True)

    class Meta(Line.Meta):
        verbose_name = "ligne de dépense"
        verbose_name_plural = "lignes de dépense"
