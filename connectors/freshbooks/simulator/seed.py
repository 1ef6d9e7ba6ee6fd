"""The demonstration data: the same on every machine. It is written by the books' own rules, once per process; later
resets put the same rows back. Streets and postal codes are real, people and companies are not."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connectors.freshbooks.simulator.books import SLUG, Books
from connectors.simulator.store import Store

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
Row = dict[str, Any]
At = Callable[[datetime | None], Books]

# name, price
GARDENS = (
    ("Aménagement paysager", 85.0), ("Tonte et entretien", 62.5), ("Plantation d’érables", 349.95),
    ("Déneigement, forfait mensuel", 275.0), ("Pavé uni (pi²)", 18.35),
)  # fmt: skip
REPAIRS = (("Rénovation de cuisine", 95.0), ("Peinture", 58.75), ("Pose de céramique (pi²)", 12.4))
TAXES = (("TPS", "5", "123456789 RT0001"), ("TVQ", "9.975", "1234567890 TQ0001"), ("TVH", "13", None))
# number, name, type
ACCOUNTS = (
    ("1000", "Encaisse", "asset"), ("1200", "Comptes clients", "asset"), ("2100", "Taxes à payer", "liability"),
    ("4000", "Revenus", "income"), ("5000", "Coût des ventes", "expense"),
)  # fmt: skip
# given name, family name, organization, e-mail name, telephone, street, city, postal code
PEOPLE = (
    ("Luc", "Gagnon", "Toitures Gagnon inc.", "ap.gagnon", "450-555-0301", "12, rue Principale", "Laval", "H7A 1A1"),
    ("Élodie", "Paquette", "", "elodie.paquette", "514-555-0302", "5150, rue Saint-Denis", "Montréal", "H2J 2M3"),
    ("François-Xavier", "D’Anjou", "", "fx.danjou", "418-555-0303", "825, avenue Cartier", "Québec", "G1R 2R7"),
    ("", "", "Syndicat de copropriété L’Îlot", "syndicat.ilot", "514-555-0304", "1801, rue Ontario Est", "Montréal",
     "H2K 1T3"),
    ("Maude", "Hétu", "", "maude.hetu", "819-555-0305", "44, rue Laval", "Gatineau", "J8X 3G9"),
    ("", "", "Garage Bélanger & Frères enr.", "comptes.belanger", "450-555-0306", "900, boulevard Curé-Labelle",
     "Laval", "H7V 2V2"),
    ("Noël", "Lemaître", "", "noel.lemaitre", "418-555-0307", "18, rue Saint-Louis", "Lévis", "G6V 4E6"),
    ("Inès", "Bouzid", "", "ines.bouzid", "438-555-0308", "6400, rue Saint-Hubert", "Montréal", "H2S 2M2"),
    ("", "", "CPE La Coccinelle", "direction.coccinelle", "450-555-0309", "55, rue Joliette", "Longueuil", "J4H 2G3"),
    ("Théo", "Castonguay", "", "theo.castonguay", "819-555-0310", "300, rue King Est", "Sherbrooke", "J1G 1B1"),
    ("Réjeanne", "Côté", "", "rejeanne.cote", "450-555-0311", "77, rue du Palais", "Saint-Jérôme", "J7Z 1X7"),
    ("", "", "Hôtel Vieux-Québec ltée", "compta.hotelvq", "418-555-0312", "1190, rue Saint-Jean", "Québec", "G1R 1S6"),
)  # fmt: skip


@dataclass(frozen=True)
class Business:
    """How much of what a business has."""

    name: str
    work: tuple[tuple[str, float], ...]
    clients: int
    invoices: int
    payments: int


BUSINESSES = {
    "6BApk": Business("Lacoste Paysagement inc.", GARDENS, 12, 14, 8),
    "Zx81q": Business("Lacoste Rénovation inc.", REPAIRS, 5, 4, 2),
}
_written: tuple[list[tuple[str, Row]], list[tuple[str, Any]]] | None = None


def write(store: Store, at: At) -> None:
    """All of both businesses. `at`: the books at a moment."""
    global _written  # noqa: PLW0603 - the same rows for every simulator of this process
    if _written is None:
        try:
            for account, about in BUSINESSES.items():
                _Writer(account, about, at, store).run()
        finally:
            at(None)
        rows = store.execute("SELECT kind, body FROM objects WHERE provider = ?", (SLUG,))
        names = store.execute(
            "SELECT name, value FROM settings WHERE provider = ? AND (name = 'id' OR name LIKE 'number:%')", (SLUG,)
        )
        _written = (
            [(row["kind"], json.loads(row["body"])) for row in rows],
            [(row["name"], json.loads(row["value"])) for row in names],
        )
        return
    by_kind: dict[str, list[Row]] = {}
    for kind, body in _written[0]:
        by_kind.setdefault(kind, []).append(body)
    with store.transaction():
        for kind, bodies in by_kind.items():
            store.put(SLUG, kind, *bodies)
        for name, value in _written[1]:
            store.set_value(SLUG, name, value)


class _Writer:
    """One business, in the order in which its owner would have written it."""

    def __init__(self, account: str, about: Business, at: At, store: Store) -> None:
        self.account, self.about, self._at, self._store = account, about, at, store
        self._draw = random.Random(account)  # noqa: S311 - the same data everywhere
        self._moment = START

    def run(self) -> None:
        """Lists first, then what refers to them."""
        with self._store.transaction():
            for name, percent, number in TAXES:
                self._new("Tax", name=name, amount=percent, number=number, compound=False)
            for name, price in self.about.work:
                self._new("Item", name=name, description="", unit_cost={"amount": f"{price:.2f}", "code": "CAD"})
            for number, name, kind in ACCOUNTS:
                own = {"account_name": name, "account_number": number, "account_type": kind, "sub_accounts": []}
                made = self._new("Account", **own)
                self._books().change(self.account, "Account", made["id"], {"accountid": int(made["id"])}, strict=False)
            clients = [self._new("Client", **_person(one)) for one in PEOPLE[: self.about.clients]]
            invoices = [self._invoice(place, clients) for place in range(self.about.invoices)]
            for place in range(self.about.payments):
                self._payment(place, invoices[place])
            self._books().change(self.account, "Client", clients[-1]["id"], {"vis_state": 2})
            gone = self._new("Client", organization="Client disparu", email="disparu@courriel.example")
            self._books().change(self.account, "Client", gone["id"], {"vis_state": 1})

    def _books(self) -> Books:
        self._moment += timedelta(minutes=43)
        return self._at(self._moment)

    def _new(self, kind: str, **row: Any) -> Row:
        return self._books().create(self.account, kind, row)

    def _invoice(self, place: int, clients: list[Row]) -> Row:
        day = date(2026, 3, 4) + timedelta(days=9 * place)
        lines = [self._line(taxed=place % 7 != 5) for _ in range(1 + place % 3)]
        return self._new(
            "Invoice", customerid=int(clients[place % len(clients)]["id"]), create_date=day.isoformat(),
            due_offset_days=30, invoice_number=f"QC-{1042 + place}", lines=lines,
            discount_value="10" if place % 6 == 4 else "0", notes="Merci de votre confiance!" if place % 4 == 2 else "",
            po_number=f"BC-{300 + place}" if place % 5 == 1 else None,
            status=1 if place == self.about.invoices - 1 else 2,
        )  # fmt: skip

    def _line(self, *, taxed: bool) -> Row:
        name, price = self._draw.choice(self.about.work)
        line = {
            "type": 0, "name": name, "description": self._draw.choice(("", "Selon devis", "Secteur Villeray")),
            "qty": str(self._draw.choice((1, 2, 3, 4.5, 10))), "unit_cost": {"amount": f"{price:.2f}", "code": "CAD"},
        }  # fmt: skip
        if taxed:
            line |= {"taxName1": "TPS", "taxAmount1": 5, "taxName2": "TVQ", "taxAmount2": 9.975}
        return line

    def _payment(self, place: int, invoice: Row) -> None:
        """Whole, or half for one in four."""
        total = float(invoice["amount"]["amount"])
        paid = round(total / 2, 2) if place % 4 == 3 else total
        day = date.fromisoformat(invoice["create_date"]) + timedelta(days=11)
        kinds = ("Bank Transfer", "Check", "Credit Card", "Debit", "VISA")
        self._new(
            "Payment", invoiceid=int(invoice["id"]), amount={"amount": f"{paid:.2f}", "code": "CAD"},
            date=day.isoformat(), type=kinds[place % len(kinds)], note=f"VIR-{8891 + place}",
        )  # fmt: skip


def _person(row: tuple[str, ...]) -> Row:
    given, family, organization, mail, phone, street, city, postal_code = row
    return {
        "fname": given, "lname": family, "organization": organization, "email": f"{mail}@courriel.example",
        "bus_phone": phone, "p_street": street, "p_city": city, "p_province": "QC", "p_code": postal_code,
        "p_country": "Canada", "currency_code": "CAD", "language": "fr",
    }  # fmt: skip
