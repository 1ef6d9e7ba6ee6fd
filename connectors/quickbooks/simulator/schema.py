"""The fake's entities: which fields they have, what they need, what they refer to."""

from __future__ import annotations

from dataclasses import dataclass, field

_EVERY = "Id SyncToken sparse domain status MetaData CustomField"


@dataclass(frozen=True)
class Entity:
    """names: an object of a name list (Active, never deleted). computed: read only, what a caller sends is ignored.
    refs: reference field → entity. longest: characters that a text may have. tracked: by CDC."""

    fields: frozenset[str]
    names: bool = False
    writable: bool = True
    tracked: bool = True
    required: tuple[str, ...] = ()
    computed: frozenset[str] = frozenset()
    refs: dict[str, str] = field(default_factory=dict)
    longest: dict[str, int] = field(default_factory=dict)


def _entity(fields: str, computed: str = "", **more: object) -> Entity:
    words = frozenset(f"{_EVERY} {fields} {computed}".split())
    return Entity(words, computed=frozenset(computed.split()), **more)  # type: ignore[arg-type]


_PERSON = (
    "DisplayName Title GivenName MiddleName FamilyName Suffix CompanyName PrintOnCheckName PrimaryEmailAddr "
    "PrimaryPhone Mobile AlternatePhone Fax WebAddr BillAddr CurrencyRef Active Notes"
)
_TRANSACTION = (
    "DocNumber TxnDate PrivateNote CurrencyRef ExchangeRate GlobalTaxCalculation Line TxnTaxDetail DepartmentRef"
)

ENTITIES = {
    "Customer": _entity(
        f"{_PERSON} ShipAddr DefaultTaxCodeRef Taxable Job ParentRef PaymentMethodRef SalesTermRef BillWithParent "
        "PreferredDeliveryMethod ARAccountRef OpenBalanceDate PrimaryTaxIdentifier ResaleNum",
        "Level Balance BalanceWithJobs FullyQualifiedName V4IDPseudonym IsProject ClientEntityId",
        names=True,
        required=("DisplayName",),
        refs={"ParentRef": "Customer", "DefaultTaxCodeRef": "TaxCode", "PaymentMethodRef": "PaymentMethod"},
    ),
    "Vendor": _entity(
        f"{_PERSON} AcctNum TermRef TaxIdentifier Vendor1099 APAccountRef BillRate TaxReportingBasis",
        "Balance V4IDPseudonym", names=True,
        required=("DisplayName",),
    ),
    "Account": _entity(
        "Name AcctNum Classification AccountType AccountSubType CurrencyRef TaxCodeRef Active Description SubAccount "
        "ParentRef", "FullyQualifiedName CurrentBalance CurrentBalanceWithSubAccounts", names=True, required=("Name",),
    ),
    "Item": _entity(
        "Name Type UnitPrice PurchaseCost IncomeAccountRef ExpenseAccountRef AssetAccountRef SalesTaxCodeRef "
        "PurchaseTaxCodeRef Active Description Sku Taxable TrackQtyOnHand", "FullyQualifiedName", names=True,
        required=("Name",), refs={"IncomeAccountRef": "Account", "ExpenseAccountRef": "Account"},
    ),
    "TaxCode": _entity(
        "Name Description Active Taxable TaxGroup SalesTaxRateList PurchaseTaxRateList", names=True, writable=False,
        tracked=False,
    ),
    "TaxRate": _entity(
        "Name Description RateValue AgencyRef EffectiveTaxRate Active SpecialTaxType DisplayType", names=True,
        writable=False, tracked=False,
    ),
    "PaymentMethod": _entity("Name Type Active", names=True, required=("Name",)),
    "Invoice": _entity(
        f"{_TRANSACTION} CustomerRef CustomerMemo BillAddr ShipAddr ShipDate DueDate SalesTermRef BillEmail "
        "EmailStatus PrintStatus ApplyTaxAfterDiscount Deposit DepositToAccountRef AllowOnlinePayment "
        "AllowOnlineCreditCardPayment AllowOnlineACHPayment AllowIPNPayment TrackingNum ShipMethodRef ClassRef "
        "BillEmailBcc BillEmailCc DeliveryInfo EInvoiceStatus FreeFormAddress TaxExemptionRef",
        "TotalAmt Balance LinkedTxn HomeTotalAmt HomeBalance InvoiceLink RecurDataRef",
        required=("CustomerRef", "Line"),
        refs={"CustomerRef": "Customer"},
        longest={"DocNumber": 21},
    ),
    "Payment": _entity(
        "TxnDate CustomerRef TotalAmt PaymentRefNum PaymentMethodRef DepositToAccountRef CurrencyRef ExchangeRate Line "
        "PrivateNote ARAccountRef ProcessPayment TxnSource CreditCardPayment TaxExemptionRef TxnStatus",
        "UnappliedAmt LinkedTxn TransactionLocationType",
        required=("CustomerRef", "TotalAmt"),
        refs={"CustomerRef": "Customer", "PaymentMethodRef": "PaymentMethod", "DepositToAccountRef": "Account"},
        longest={"PaymentRefNum": 21},
    ),
    "Purchase": _entity(
        f"{_TRANSACTION} PaymentType AccountRef EntityRef PaymentMethodRef RemitToAddr PrintStatus Credit TxnSource",
        "TotalAmt LinkedTxn PurchaseEx",
        required=("PaymentType", "AccountRef", "Line"),
        refs={"AccountRef": "Account", "EntityRef": "Vendor", "PaymentMethodRef": "PaymentMethod"},
        longest={"DocNumber": 21},
    ),
    "Bill": _entity(
        f"{_TRANSACTION} VendorRef APAccountRef DueDate SalesTermRef VendorAddr",
        "TotalAmt Balance LinkedTxn HomeBalance",
        required=("VendorRef", "Line"),
        refs={"VendorRef": "Vendor", "APAccountRef": "Account"},
        longest={"DocNumber": 21},
    ),
}  # fmt: skip

# Names that are unique among all three; there are no employees here.
PEOPLE = ("Customer", "Vendor")
DETAIL_REFS = {
    "SalesItemLineDetail": {"ItemRef": "Item", "TaxCodeRef": "TaxCode"},
    "AccountBasedExpenseLineDetail": {"AccountRef": "Account", "TaxCodeRef": "TaxCode", "CustomerRef": "Customer"},
    "ItemBasedExpenseLineDetail": {"ItemRef": "Item", "TaxCodeRef": "TaxCode", "CustomerRef": "Customer"},
}
# References whose answer carries no name.
NAMELESS = frozenset({"PaymentMethodRef", "DepositToAccountRef", "TaxCodeRef", "TaxRateRef"})
BY_PATH = {name.lower(): name for name in ENTITIES}
