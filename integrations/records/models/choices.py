"""Enumerations of the record fields, with the French words that administrators read."""

from django.db.models import TextChoices


class DivisionKind(TextChoices):
    PLUMBING = "plumbing", "Plomberie"
    ROOFING = "roofing", "Toiture"
    PROPERTY = "property", "Gestion immobilière"
    FINANCE = "finance", "Financement"
    MAINTENANCE = "maintenance", "Entretien"
    ELECTRICITY = "electricity", "Électricité"
    OTHER = "other", "Autre"


class Language(TextChoices):
    FRENCH = "fr", "Français"
    ENGLISH = "en", "Anglais"


class CustomerKind(TextChoices):
    PERSON = "person", "Particulier"
    COMPANY = "company", "Entreprise"


class CustomerStatus(TextChoices):
    LEAD = "lead", "Client potentiel"
    ACTIVE = "active", "Actif"
    INACTIVE = "inactive", "Inactif"


class JobPriority(TextChoices):
    LOW = "low", "Basse"
    MEDIUM = "medium", "Moyenne"
    HIGH = "high", "Haute"
    URGENT = "urgent", "Urgente"


class JobStatus(TextChoices):
    DRAFT = "draft", "Brouillon"
    OPEN = "open", "Ouvert"
    SCHEDULED = "scheduled", "Planifié"
    IN_PROGRESS = "in_progress", "En cours"
    PENDING_PARTS = "pending_parts", "En attente de pièces"
    COMPLETED = "completed", "Terminé"
    CANCELLED = "cancelled", "Annulé"
    INVOICED = "invoiced", "Facturé"


class JobLineKind(TextChoices):
    LABOUR = "labour", "Main-d’œuvre"
    MATERIAL = "material", "Matériel"
    FEE = "fee", "Frais"


class AttachmentKind(TextChoices):
    PHOTO = "photo", "Photo"
    DOCUMENT = "document", "Document"
    RECEIPT = "receipt", "Reçu"
    OTHER = "other", "Autre"


class InvoiceStatus(TextChoices):
    DRAFT = "draft", "Brouillon"
    SENT = "sent", "Envoyée"
    PARTIAL = "partial", "Payée en partie"
    PAID = "paid", "Payée"
    VOID = "void", "Annulée"


class TaxCode(TextChoices):
    GST_QST = "gst_qst", "TPS et TVQ"
    GST = "gst", "TPS seulement"
    QST = "qst", "TVQ seulement"
    HST = "hst", "TVH"
    ZERO = "zero", "Détaxé"
    EXEMPT = "exempt", "Exonéré"


class PaymentMethod(TextChoices):
    CARD = "card", "Carte"
    EFT = "eft", "Virement bancaire"
    CHEQUE = "cheque", "Chèque"
    CASH = "cash", "Comptant"
    INTERAC = "interac", "Interac"
    FINANCING = "financing", "Financement"
    OTHER = "other", "Autre"


class PaymentStatus(TextChoices):
    PENDING = "pending", "En attente"
    CLEARED = "cleared", "Reçu"
    FAILED = "failed", "Échoué"
    PARTIALLY_REFUNDED = "partially_refunded", "Remboursé en partie"
    REFUNDED = "refunded", "Remboursé"


class RefundStatus(TextChoices):
    PENDING = "pending", "En attente"
    SUCCEEDED = "succeeded", "Effectué"
    FAILED = "failed", "Échoué"
    CANCELLED = "cancelled", "Annulé"


class ExpenseStatus(TextChoices):
    DRAFT = "draft", "Brouillon"
    SUBMITTED = "submitted", "Soumise"
    APPROVED = "approved", "Approuvée"
    PAID = "paid", "Payée"
    VOID = "void", "Annulée"


class OpportunitySource(TextChoices):
    REFERRAL = "referral", "Référence interne"
    WEBSITE = "website", "Site web"
    PHONE = "phone", "Téléphone"
    PARTNER = "partner", "Partenaire"
    CAMPAIGN = "campaign", "Campagne"
    OTHER = "other", "Autre"


class OpportunityStatus(TextChoices):
    OPEN = "open", "Ouverte"
    WON = "won", "Gagnée"
    LOST = "lost", "Perdue"


class ReferralStatus(TextChoices):
    CAPTURED = "captured", "Captée"
    CONVERTED = "converted", "Convertie"
    LOST = "lost", "Perdue"


class PropertyKind(TextChoices):
    RENTAL = "rental", "Locatif"
    CONDOMINIUM = "condominium", "Copropriété"
    COMMERCIAL = "commercial", "Commercial"
    MIXED = "mixed", "Mixte"


class PropertyStatus(TextChoices):
    ACTIVE = "active", "Actif"
    INACTIVE = "inactive", "Inactif"


class UnitKind(TextChoices):
    APARTMENT = "apartment", "Appartement"
    CONDO = "condo", "Condo"
    COMMERCIAL = "commercial", "Local commercial"
    PARKING = "parking", "Stationnement"
    STORAGE = "storage", "Rangement"


class UnitStatus(TextChoices):
    OCCUPIED = "occupied", "Occupé"
    VACANT = "vacant", "Vacant"
    NOTICE_GIVEN = "notice_given", "Avis de départ donné"
    UNDER_RENOVATION = "under_renovation", "En rénovation"
    OFF_MARKET = "off_market", "Hors marché"


class TenantStatus(TextChoices):
    PROSPECT = "prospect", "Candidat"
    CURRENT = "current", "Actuel"
    NOTICE = "notice", "Départ annoncé"
    PAST = "past", "Ancien"


class RentPeriod(TextChoices):
    MONTHLY = "monthly", "Mensuel"
    WEEKLY = "weekly", "Hebdomadaire"


class LeaseStatus(TextChoices):
    FUTURE = "future", "À venir"
    ACTIVE = "active", "En vigueur"
    NOTICE_GIVEN = "notice_given", "Avis donné"
    ENDED = "ended", "Terminé"


class FinancingStatus(TextChoices):
    DRAFT = "draft", "Brouillon"
    SUBMITTED = "submitted", "Soumise"
    APPROVED = "approved", "Approuvée"
    DECLINED = "declined", "Refusée"
    FUNDED = "funded", "Financée"
    CANCELLED = "cancelled", "Annulée"
    EXPIRED = "expired", "Expirée"
