"""Buildings, their units and the people who live or work in them."""

from django.db import models

from integrations.records.models import choices
from integrations.records.models.base import Record
from integrations.records.models.fields import AddressField, CurrencyField, MoneyField, PhoneField


class Property(Record):
    """A building that the group manages."""

    name = models.CharField("nom", max_length=200)
    code = models.CharField("code", max_length=60, blank=True)
    kind = models.CharField(
        "type", max_length=20, choices=choices.PropertyKind.choices, default=choices.PropertyKind.RENTAL
    )
    status = models.CharField(
        "statut", max_length=20, choices=choices.PropertyStatus.choices, default=choices.PropertyStatus.ACTIVE
    )
    address = AddressField("adresse")
    unit_count = models.PositiveIntegerField("nombre de logements", null=True, blank=True)
    year_built = models.PositiveIntegerField("année de construction", null=True, blank=True)
    manager = models.ForeignKey(
        "records.Contact",
        verbose_name="gestionnaire",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="managed_properties",
    )
    owner = models.ForeignKey(
        "records.Customer",
        verbose_name="propriétaire",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="properties",
    )
    time_zone = models.CharField("fuseau horaire", max_length=60, blank=True)

    class Meta(Record.Meta):
        verbose_name = "immeuble"
        verbose_name_plural = "immeubles"


class Unit(Record):
    """An apartment, condo, shop, parking or storage space of a property."""

    TITLE = ("number",)
    CONTEXT = "property"

    property = models.ForeignKey(Property, verbose_name="immeuble", on_delete=models.PROTECT, related_name="units")
    number = models.CharField("numéro", max_length=60)
    floor = models.IntegerField("étage", null=True, blank=True)
    kind = models.CharField("type", max_length=20, choices=choices.UnitKind.choices, default=choices.UnitKind.APARTMENT)
    status = models.CharField(
        "statut", max_length=20, choices=choices.UnitStatus.choices, default=choices.UnitStatus.VACANT
    )
    bedrooms = models.DecimalField("chambres", max_digits=3, decimal_places=1, null=True, blank=True)
    bathrooms = models.DecimalField("salles de bain", max_digits=3, decimal_places=1, null=True, blank=True)
    area_sqft = models.PositiveIntegerField("superficie (pi²)", null=True, blank=True)
    market_rent = MoneyField("loyer du marché", null=True, blank=True)
    available_on = models.DateField("disponible le", null=True, blank=True)
    currency = CurrencyField("devise")

    class Meta(Record.Meta):
        verbose_name = "logement"
        verbose_name_plural = "logements"


class Tenant(Record):
    """A person or company that rents a unit, with the lease in force."""

    TITLE = ("given_name", "family_name", "company_name")

    property = models.ForeignKey(
        Property, verbose_name="immeuble", on_delete=models.PROTECT, null=True, blank=True, related_name="tenants"
    )
    unit = models.ForeignKey(
        Unit, verbose_name="logement", on_delete=models.PROTECT, null=True, blank=True, related_name="tenants"
    )
    customer = models.ForeignKey(
        "records.Customer",
        verbose_name="client",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="tenancies",
    )
    given_name = models.CharField("prénom", max_length=100, blank=True)
    family_name = models.CharField("nom de famille", max_length=100, blank=True)
    company_name = models.CharField("nom de l’entreprise", max_length=200, blank=True)
    email = models.EmailField("courriel", blank=True)
    phone = PhoneField("téléphone")
    language = models.CharField(
        "langue", max_length=2, choices=choices.Language.choices, default=choices.Language.FRENCH
    )
    status = models.CharField(
        "statut", max_length=20, choices=choices.TenantStatus.choices, default=choices.TenantStatus.CURRENT
    )
    move_in_date = models.DateField("date d’arrivée", null=True, blank=True)
    move_out_date = models.DateField("date de départ", null=True, blank=True)
    balance = MoneyField("solde", null=True, blank=True)
    lease_start = models.DateField("début du bail", null=True, blank=True)
    lease_end = models.DateField("fin du bail", null=True, blank=True)
    rent = MoneyField("loyer", null=True, blank=True)
    rent_period = models.CharField(
        "période du loyer", max_length=10, choices=choices.RentPeriod.choices, default=choices.RentPeriod.MONTHLY
    )
    deposit = MoneyField("dépôt", null=True, blank=True)
    lease_status = models.CharField("statut du bail", max_length=20, choices=choices.LeaseStatus.choices, blank=True)
    currency = CurrencyField("devise")

    class Meta(Record.Meta):
        verbose_name = "locataire"
        verbose_name_plural = "locataires"
        indexes = [models.Index(fields=["email"], name="tenant_email")]
