"""What the divisions hope to sell, refer to each other and finance."""

from django.db import models

from integrations.records.models import choices
from integrations.records.models.base import Record
from integrations.records.models.fields import CurrencyField, MoneyField


class Opportunity(Record):
    """A possible sale. With `to_division` it is also a referral from one division to another."""

    name = models.CharField("nom", max_length=200)
    customer = models.ForeignKey(
        "records.Customer",
        verbose_name="client",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="opportunities",
    )
    source = models.CharField("provenance", max_length=20, choices=choices.OpportunitySource.choices, blank=True)
    pipeline = models.CharField("pipeline", max_length=100, blank=True)
    stage = models.CharField("étape", max_length=100, blank=True)
    status = models.CharField(
        "statut", max_length=10, choices=choices.OpportunityStatus.choices, default=choices.OpportunityStatus.OPEN
    )
    amount = MoneyField("montant", null=True, blank=True)
    currency = CurrencyField("devise")
    probability = models.DecimalField("probabilité (%)", max_digits=5, decimal_places=2, null=True, blank=True)
    expected_close = models.DateField("conclusion prévue", null=True, blank=True)
    lost_reason = models.CharField("raison de la perte", max_length=255, blank=True)
    owner_email = models.EmailField("courriel du responsable", blank=True)
    last_activity_at = models.DateTimeField("dernière activité", null=True, blank=True)
    description = models.TextField("description", blank=True)
    from_division = models.ForeignKey(
        "records.Division",
        verbose_name="référée par la division",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="referrals_made",
    )
    to_division = models.ForeignKey(
        "records.Division",
        verbose_name="référée à la division",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="referrals_received",
    )
    referral_status = models.CharField(
        "statut de la référence", max_length=10, choices=choices.ReferralStatus.choices, blank=True
    )
    commission_rate = models.DecimalField(
        "taux de commission (%)", max_digits=5, decimal_places=2, null=True, blank=True
    )
    commission_amount = MoneyField("commission", null=True, blank=True)

    class Meta(Record.Meta):
        verbose_name = "occasion d’affaires"
        verbose_name_plural = "occasions d’affaires"


class FinancingApplication(Record):
    """A customer's request to pay for work over time."""

    TITLE = ("number",)

    number = models.CharField("numéro", max_length=60, blank=True)
    customer = models.ForeignKey(
        "records.Customer",
        verbose_name="client",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="financing_applications",
    )
    job = models.ForeignKey(
        "records.Job",
        verbose_name="travail",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="financing_applications",
    )
    opportunity = models.ForeignKey(
        Opportunity,
        verbose_name="occasion d’affaires",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="financing_applications",
    )
    status = models.CharField(
        "statut", max_length=10, choices=choices.FinancingStatus.choices, default=choices.FinancingStatus.DRAFT
    )
    plan = models.CharField("programme", max_length=100, blank=True)
    amount_requested = MoneyField("montant demandé", null=True, blank=True)
    amount_approved = MoneyField("montant approuvé", null=True, blank=True)
    amount_funded = MoneyField("montant versé", null=True, blank=True)
    monthly_payment = MoneyField("mensualité", null=True, blank=True)
    currency = CurrencyField("devise")
    term_months = models.PositiveIntegerField("durée (mois)", null=True, blank=True)
    annual_rate = models.DecimalField("taux annuel (%)", max_digits=7, decimal_places=4, null=True, blank=True)
    submitted_at = models.DateTimeField("soumise le", null=True, blank=True)
    decided_at = models.DateTimeField("décidée le", null=True, blank=True)
    funded_at = models.DateTimeField("versée le", null=True, blank=True)
    expires_on = models.DateField("expire le", null=True, blank=True)
    url = models.URLField("adresse de la demande", max_length=1000, blank=True)

    class Meta(Record.Meta):
        verbose_name = "demande de financement"
        verbose_name_plural = "demandes de financement"
