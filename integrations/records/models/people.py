"""The group's divisions and the people and companies that they serve."""

from django.db import models

from integrations.records.models import choices
from integrations.records.models.base import Line, Record
from integrations.records.models.fields import AddressField, CurrencyField, MoneyField, PhoneField


class Division(Record):
    """A company or trade of the group, with its own tax numbers."""

    division = None
    code = models.SlugField("code", max_length=40)
    name = models.CharField("nom", max_length=200)
    kind = models.CharField(
        "métier", max_length=20, choices=choices.DivisionKind.choices, default=choices.DivisionKind.OTHER
    )
    gst_number = models.CharField("numéro de TPS", max_length=20, blank=True)
    qst_number = models.CharField("numéro de TVQ", max_length=20, blank=True)
    accounting_class = models.CharField("catégorie comptable", max_length=100, blank=True)

    class Meta(Record.Meta):
        verbose_name = "division"
        verbose_name_plural = "divisions"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=models.Q(archived_at__isnull=True),
                name="division_code_live",
                violation_error_message="Ce code existe déjà.",
            )
        ]


class Customer(Record):
    """A person or a company that one or several divisions serve."""

    name = models.CharField("nom", max_length=200)
    kind = models.CharField(
        "genre", max_length=10, choices=choices.CustomerKind.choices, default=choices.CustomerKind.PERSON
    )
    status = models.CharField(
        "statut", max_length=10, choices=choices.CustomerStatus.choices, default=choices.CustomerStatus.ACTIVE
    )
    company_name = models.CharField("nom de l’entreprise", max_length=200, blank=True)
    first_name = models.CharField("prénom", max_length=100, blank=True)
    last_name = models.CharField("nom de famille", max_length=100, blank=True)
    email = models.EmailField("courriel", blank=True)
    phone = PhoneField("téléphone")
    mobile = PhoneField("cellulaire")
    language = models.CharField(
        "langue", max_length=2, choices=choices.Language.choices, default=choices.Language.FRENCH
    )
    billing_address = AddressField("adresse de facturation")
    service_address = AddressField("adresse de service")
    tax_exempt = models.BooleanField("exempté de taxes", default=False)
    tax_number = models.CharField("numéro de taxes", max_length=40, blank=True)
    payment_terms_days = models.PositiveIntegerField("délai de paiement (jours)", null=True, blank=True)
    balance = MoneyField("solde", null=True, blank=True)
    currency = CurrencyField("devise")
    primary_contact = models.ForeignKey(
        "records.Contact",
        verbose_name="personne-ressource principale",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta(Record.Meta):
        verbose_name = "client"
        verbose_name_plural = "clients"
        indexes = [
            models.Index(fields=["email"], name="customer_email"),
            models.Index(fields=["name"], name="customer_name"),
        ]


class CustomerDivision(Line):
    """One division that serves a customer."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="divisions")
    division = models.ForeignKey(
        Division, verbose_name="division", on_delete=models.PROTECT, related_name="customer_links"
    )

    class Meta(Line.Meta):
        verbose_name = "division du client"
        verbose_name_plural = "divisions du client"
        constraints = [models.UniqueConstraint(fields=["customer", "division"], name="customer_division_once")]


class Contact(Record):
    """A person to reach, often at a customer, sometimes the manager of a property."""

    customer = models.ForeignKey(
        Customer, verbose_name="client", on_delete=models.PROTECT, null=True, blank=True, related_name="contacts"
    )
    name = models.CharField("nom", max_length=200)
    first_name = models.CharField("prénom", max_length=100, blank=True)
    last_name = models.CharField("nom de famille", max_length=100, blank=True)
    email = models.EmailField("courriel", blank=True)
    phone = PhoneField("téléphone")
    mobile = PhoneField("cellulaire")
    role = models.CharField("rôle", max_length=100, blank=True)

    class Meta(Record.Meta):
        verbose_name = "personne-ressource"
        verbose_name_plural = "personnes-ressources"
        indexes = [models.Index(fields=["email"], name="contact_email")]
