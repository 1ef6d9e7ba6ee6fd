"""The second half of the demo's records: work, what is billed and paid for it, and what it cost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from integrations.records import seed_data as data
from integrations.records.services import mark_overdue
from integrations.records.taxes import invoice_amounts, round_cents

if TYPE_CHECKING:
    from integrations.records.seed import Seed

JOBS = 30
BILLED_JOBS = 20
INVOICES = 25
INVOICE_STATES = ("paid", "sent", "paid", "partial", "draft", "paid", "sent")
OPEN_STATES = ("open", "scheduled", "in_progress", "scheduled", "pending_parts", "draft", "cancelled")


def write(seed: Seed) -> None:
    """Create jobs, invoices, payments, a refund, expenses and financing applications."""
    jobs = seed.create("job", [job(seed, number) for number in range(JOBS)])
    invoices = seed.create("invoice", [invoice(seed, number, jobs) for number in range(INVOICES)])
    mark_overdue(seed.today)
    payments = seed.create("payment", payment_rows(seed, invoices))
    seed.create("refund", [refund(seed, payments)])
    seed.create("expense", [expense(seed, number, jobs) for number in range(len(data.SUPPLIERS))])
    seed.create("financing_application", financing_rows(seed))


def job(seed: Seed, number: int) -> dict[str, Any]:
    """Return a job: the first ones are done and billed, the last ones lie ahead."""
    division = list(data.WORK)[number % len(data.WORK)]
    title, category, lines = data.WORK[division][(number // len(data.WORK)) % len(data.WORK[division])]
    billed = number < BILLED_JOBS
    day = seed.today + timedelta(days=(number - BILLED_JOBS) * 4)
    rows = [job_line(*line) for line in lines]
    estimate = sum((row["total"] for row in rows), Decimal("0.00"))
    start = seed.instant(day, 8 + number % 6)
    return {
        "number": f"T-{seed.today.year}-{number + 1:04d}",
        "title": title,
        "category": category,
        "customer": seed.customers[(number * 3) % len(seed.customers)].pk,
        "division": seed.divisions[division],
        "opportunity": seed.opportunities[1].pk if number == 4 else None,
        "priority": ("medium", "low", "high", "medium", "urgent")[number % 5],
        "status": "invoiced" if billed else OPEN_STATES[number % len(OPEN_STATES)],
        "assigned_to": f"Équipe {number % 4 + 1}",
        "requested_at": start - timedelta(days=6),
        "scheduled_start": start,
        "scheduled_end": start + timedelta(hours=4),
        "completed_at": start + timedelta(hours=5) if billed else None,
        "estimated_cost": estimate,
        "actual_cost": round_cents(estimate * Decimal("0.72")) if billed else None,
        "lines": rows,
    }


def job_line(kind: str, description: str, quantity: str, unit_price: str) -> dict[str, Any]:
    """Return a line of a job with its total."""
    total = round_cents(Decimal(quantity) * Decimal(unit_price))
    return {
        "kind": kind,
        "description": description,
        "quantity": Decimal(quantity),
        "unit_price": Decimal(unit_price),
        "total": total,
    }


def invoice(seed: Seed, number: int, jobs: list[Any]) -> dict[str, Any]:
    """Return an invoice of a job; the last few bill a part of the next jobs in advance."""
    source = jobs[number]
    issued = seed.today - timedelta(days=3 * (INVOICES - number))
    state = "draft" if number >= BILLED_JOBS else INVOICE_STATES[number % len(INVOICE_STATES)]
    lines = [
        {
            "description": line.description,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
            "subtotal": line.total,
            "total": line.total,
            "tax_code": "gst_qst",
            "account": "4000 Revenus de services",
            "category": source.category,
        }
        for line in source.lines.all()
    ]
    amounts = invoice_amounts(lines)
    paid = {"paid": amounts["total"], "partial": round_cents(amounts["total"] / 2)}.get(state, Decimal("0.00"))
    return {
        "number": f"F-{seed.today.year}-{number + 1:04d}",
        "customer": source.customer_id,
        "job": source.pk,
        "division": source.division_id,
        "status": state,
        "issue_date": issued,
        "due_date": issued + timedelta(days=30),
        "sent_at": None if state == "draft" else seed.instant(issued, 9),
        "paid_on": issued + timedelta(days=10) if state == "paid" else None,
        "balance": amounts["total"] - paid,
        "lines": lines,
        **amounts,
    }


def payment_rows(seed: Seed, invoices: list[Any]) -> list[dict[str, Any]]:
    """Return a payment for what each invoice has received, and one that the bank refused."""
    rows = []
    for place, each in enumerate(invoices):
        amount = each.total - each.balance
        if not amount:
            continue
        rows.append(
            {
                "customer": each.customer_id,
                "division": each.division_id,
                "date": each.issue_date + timedelta(days=10),
                "amount": amount,
                "method": ("interac", "card", "cheque", "eft")[place % 4],
                "reference": f"P-{seed.today.year}-{place + 1:04d}",
                "status": "cleared",
                "allocations": [{"invoice": each.pk, "amount": amount}],
            }
        )
    unpaid = next(each for each in invoices if each.status == "sent")
    failed = {"amount": unpaid.total, "status": "failed", "failure_reason": "Provision insuffisante", "method": "eft"}
    owner = {"customer": unpaid.customer_id, "division": unpaid.division_id, "date": seed.today - timedelta(days=2)}
    return [*rows, {**owner, **failed, "reference": f"P-{seed.today.year}-REFUS"}]


def refund(seed: Seed, payments: list[Any]) -> dict[str, Any]:
    """Return a refund, on its own, of a customer who paid too much."""
    return {
        "customer": payments[0].customer_id,
        "division": payments[0].division_id,
        "date": seed.today - timedelta(days=5),
        "amount": Decimal("64.35"),
        "reason": "Matériel retourné",
        "reference": f"R-{seed.today.year}-0001",
        "status": "succeeded",
    }


def expense(seed: Seed, number: int, jobs: list[Any]) -> dict[str, Any]:
    """Return a purchase with its recoverable taxes."""
    supplier, category = data.SUPPLIERS[number]
    subtotal = Decimal("184.50") + Decimal("97.35") * number
    gst, qst = round_cents(subtotal * 5 / 100), round_cents(subtotal * Decimal("9.975") / 100)
    source = jobs[number]
    return {
        "supplier": supplier,
        "category": category,
        "division": source.division_id,
        "job": source.pk if category == "Matériel" else None,
        "date": seed.today - timedelta(days=4 * number + 3),
        "subtotal": subtotal,
        "gst_amount": gst,
        "qst_amount": qst,
        "total": subtotal + gst + qst,
        "payment_account": "Carte de crédit de la division",
        "reference": f"{48210 + number * 37}",
        "status": "paid" if number % 2 else "approved",
        "lines": [{"description": category, "account": "5100 Achats", "amount": subtotal, "tax_code": "gst_qst"}],
    }


def financing_rows(seed: Seed) -> list[dict[str, Any]]:
    """Return two applications: one funded, one still being studied."""
    common = {"division": seed.divisions["financement"], "plan": "Travaux 60 mois", "term_months": 60}
    asked = seed.instant(seed.today - timedelta(days=21), 10)
    funded = {
        "number": "FIN-0001",
        "customer": seed.customers[0].pk,
        "opportunity": seed.opportunities[0].pk,
        "status": "funded",
        "amount_requested": Decimal("18500.00"),
        "amount_approved": Decimal("18500.00"),
        "amount_funded": Decimal("18500.00"),
        "annual_rate": Decimal("8.9900"),
        "monthly_payment": Decimal("383.94"),
        "submitted_at": asked,
        "decided_at": asked + timedelta(days=1),
        "funded_at": asked + timedelta(days=6),
    }
    pending = {
        "number": "FIN-0002",
        "customer": seed.customers[20].pk,
        "opportunity": seed.opportunities[4].pk,
        "status": "submitted",
        "amount_requested": Decimal("16900.00"),
        "submitted_at": asked + timedelta(days=19),
    }
    return [{**common, **funded}, {**common, **pending}]
