"""What happens to an invoice by itself: how it is shown, told of, and settled when its money comes."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.stripe.simulator.ledger import Body, Ledger, public

MOST_LINES = 10
"""How many lines an invoice itself shows."""


def shown(invoice: Body) -> Body:
    """The invoice with its first lines only."""
    lines = list(invoice["lines"]["data"])
    about = {"total_count": len(lines), "url": f"/v1/invoices/{invoice['id']}/lines", "object": "list"}
    return {**public(invoice), "lines": {**about, "data": lines[:MOST_LINES], "has_more": len(lines) > MOST_LINES}}


def settled(ledger: Ledger, found: Body, **more: object) -> Body:
    """A finalized invoice after its money came."""
    values = {
        "status": "paid",
        "paid": True,
        "attempted": True,
        "amount_paid": found["amount_due"],
        "amount_remaining": 0,
        "status_transitions": {**found["status_transitions"], "paid_at": ledger.now()},
        **more,
    }
    return changed(ledger, found, values, "invoice.paid")


def changed(ledger: Ledger, found: Body, values: Mapping[str, object], event: str = "") -> Body:
    """Change it, with the event of what was done and the one that it was updated."""
    after = ledger.change("invoice", found, values)
    previous = {name: found.get(name) for name in after if after[name] != found.get(name)}
    if previous:
        ledger.tell("invoice.updated", shown(after), previous)
    if event:
        ledger.tell(event, shown(after))
    return after
