from integrations.records.models.base import Guarded, GuardedQuerySet, Line, Record, WriteThroughDoor
from integrations.records.models.billing import (
    Expense,
    ExpenseLine,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    Payment,
    PaymentAllocation,
    Refund,
)
from integrations.records.models.history import Event, RecordHistory
from integrations.records.models.people import Contact, Customer, CustomerDivision, Division
from integrations.records.models.property import Property, Tenant, Unit
from integrations.records.models.sales import FinancingApplication, Opportunity
from integrations.records.models.work import Attachment, Job, JobLine

__all__ = [
    "Attachment",
    "Contact",
    "Customer",
    "CustomerDivision",
    "Division",
    "Event",
    "Expense",
    "ExpenseLine",
    "FinancingApplication",
    "Guarded",
    "GuardedQuerySet",
    "Invoice",
    "InvoiceLine",
    "InvoiceTax",
    "Job",
    "JobLine",
    "Line",
    "Opportunity",
    "Payment",
    "PaymentAllocation",
    "Property",
    "Record",
    "RecordHistory",
    "Refund",
    "Tenant",
    "Unit",
    "WriteThroughDoor",
]
