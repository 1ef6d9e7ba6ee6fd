"""The demonstration data: the same on every machine. It is written by the account's own rules, once per process; later
resets put the same rows back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.hubspot.simulator.crm import SLUG, Crm
from connectors.hubspot.simulator.schema import FIRST_ID, MODIFIED, PROPERTIES
from connectors.simulator.clock import stamp
from connectors.simulator.store import Store

START = datetime(2026, 2, 16, 13, 30, tzinfo=UTC)
COMPANIES = (
    ("Immeubles du Plateau inc.", "immeublesduplateau.example", "Montréal", "4455 rue Saint-Denis", "H2J 2L2"),
    ("Auberge du Lac-à-l’Épaule", "aubergeepaule.example", "Stoneham", "12 chemin du Hibou", "G3C 1T1"),
    ("École de musique Clé de sol", "cledesol.example", "Saguenay", "233 rue Racine Est", "G7H 1S1"),
    ("Boulangerie L’Épi d’or", "epidor.example", "Rimouski", "80 rue Saint-Germain", "G5L 1B4"),
    ("Garage Lépine & frères", "garagelepine.example", "Joliette", "615 boul. Manseau", "J6E 3E6"),
    ("Manoir Saint-Hyacinthe", "manoirsh.example", "Saint-Hyacinthe", "1500 rue Girouard", "J2S 3B1"),
    ("Pharmacie Noël Émond", "pharmacieemond.example", "Granby", "240 rue Principale", "J2G 2W6"),
    ("Studio d’architecture Çà et là", "caetla.example", "Québec", "19 rue Saint-Paul", "G1K 3V6"),
    ("Coopérative La Moisson", "lamoisson.example", "Victoriaville", "47 boul. des Bois-Francs", "G6P 4T8"),
    ("Centre sportif Desjardins", "centredesjardins.example", "Longueuil", "550 boul. Curé-Poirier", "J4J 2H4"),
)
PEOPLE = (
    ("Éloïse", "Dubé", "Propriétaire"),
    ("Mathéo", "Nadeau", "Directeur"),
    ("Maïka", "Poirier", "Gestionnaire d’immeubles"),
    ("Jean-Noël", "Hébert", "Président"),
    ("Léa", "Thériault", "Adjointe administrative"),
    ("Xavier", "Gaudreault", "Acheteur"),
    ("Anne-Sophie", "Landry", "Comptable"),
    ("Édouard", "Rhéaume", "Concierge"),
    ("Clémence", "Desrosiers", "Coordonnatrice"),
    ("Gérald", "Bégin", "Contremaître"),
    ("Solène", "Turcotte", "Directrice générale"),
    ("Benoît", "Lefrançois", "Ingénieur"),
    ("Océanne", "Drolet", "Trésorière"),
    ("Frédéric", "Asselin", "Administrateur"),
    ("Joëlle", "Marcoux", "Chargée de projet"),
)
DEALS = (
    ("Toiture de l’école", "25400.50", "contractsent", "default"),
    ("Plomberie du manoir", "8990.00", "appointmentscheduled", "default"),
    ("Rénovation de l’auberge", "142750.25", "closedwon", "default"),
    ("Chauffage du garage", "6120.95", "closedlost", "default"),
    ("Entretien annuel du centre sportif", "18000.00", "82002", "82001"),
    ("Entretien annuel de la pharmacie", "3600.00", "82003", "82001"),
    ("Isolation de la boulangerie", "11875.10", "contractsent", "default"),
    ("Fenêtres du studio", "27310.45", "appointmentscheduled", "default"),
    ("Drainage de la coopérative", "39999.99", "contractsent", "default"),
    ("Inspection des immeubles du Plateau", "1450.75", "closedwon", "default"),
)
_written: dict[str, list[dict[str, Any]]] = {}
_PLAIN = {"companies": "name", "contacts": "lastname", "deals": "dealname"}


def write(store: Store, at: Callable[[datetime | None], Crm]) -> None:
    """Companies, contacts and deals; one contact is in the bin."""
    if not _written:
        _make(at)
        _written.update({entity: store.select(SLUG, entity) for entity in PROPERTIES})
    for entity, bodies in _written.items():
        store.put(SLUG, entity, *bodies)
        store.set_value(SLUG, f"number:{entity}", len(bodies))


def bulk(store: Store, now: datetime, entity: str, count: int) -> None:
    """`count` more plain objects. ValueError for a kind that there is not."""
    if entity not in PROPERTIES:
        raise ValueError(f"no kind {entity}")
    blank = dict.fromkeys(PROPERTIES[entity])
    if entity == "deals":
        blank |= {"dealstage": "contractsent", "pipeline": "default"}
    bodies = []
    for number in range(count):
        moment = stamp(now - timedelta(seconds=count - number))
        key = str(FIRST_ID[entity] + store.next_number(SLUG, f"number:{entity}"))
        body: dict[str, Any] = {
            **blank,
            _PLAIN[entity]: f"Lot {number}",
            "hs_object_id": key,
            "createdate": moment,
            "links": {},
        }
        body |= {MODIFIED[entity]: moment, "id": key, "created_at": moment, "updated_at": moment, "deleted_at": None}
        bodies.append(body)
    store.put(SLUG, entity, *bodies)


def _make(at: Callable[[datetime | None], Crm]) -> None:
    companies = []
    for number, (name, domain, city, street, code) in enumerate(COMPANIES):
        values = {
            "name": name, "domain": domain, "phone": f"+1 450 555-{300 + number:04d}", "address": street, "city": city,
            "state": "QC", "zip": code, "country": "Canada",
        }  # fmt: skip
        companies.append(at(START + timedelta(hours=4 * number)).create("companies", values)["id"])
    for number, (first, last, title) in enumerate(PEOPLE):
        plain = f"{first}.{last}".lower().translate(str.maketrans("éèêëàâîïôöûüç", "eeeeaaiioouuc"))
        crm = at(START + timedelta(days=3, hours=5 * number))
        values = {"firstname": first, "lastname": last, "jobtitle": title, "email": f"{plain}@courriel.example"}
        key = crm.create("contacts", values)["id"]
        if number % 5 != 4:
            crm.link("contacts", key, "companies", companies[number % len(companies)])
    for number, (name, amount, stage, pipeline) in enumerate(DEALS):
        crm = at(START + timedelta(days=8, hours=6 * number))
        values = {
            "dealname": name, "amount": amount, "dealstage": stage, "pipeline": pipeline,
            "closedate": f"2026-{4 + number % 8:02d}-15T00:00:00.000Z", "hubspot_owner_id": str(9001 + number % 2),
        }  # fmt: skip
        crm.link("deals", crm.create("deals", values)["id"], "companies", companies[number])
    late = at(START + timedelta(days=30))
    late.archive("contacts", late.create("contacts", {"firstname": "Ancien", "lastname": "Contact"})["id"])
    at(None)
