"""The demonstration data: the same on every machine. It is written by the organization's own rules, once per process;
later resets put the same rows back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connectors.salesforce.simulator.org import SLUG, Org, told
from connectors.salesforce.simulator.schema import ENTITIES, STAGES, make_id
from connectors.simulator.clock import stamp
from connectors.simulator.store import Store

START = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
USERS = (("Noémie Lacoste", "nlacoste"), ("Félix Bérubé", "fberube"), ("Océane Pelletier", "opelletier"))
COMPANIES = (
    ("Gestion immobilière Rosemont inc.", "Montréal", "4200 boul. Saint-Michel", "H1Y 2G3", "Customer - Direct"),
    ("Coopérative d’habitation Les Érables", "Québec", "815 rue Saint-Vallier Ouest", "G1N 1C4", "Customer - Direct"),
    (
        "Syndicat des copropriétaires du 350 Prince-Arthur",
        "Montréal",
        "350 rue Prince-Arthur O.",
        "H2X 3R4",
        "Prospect",
    ),
    ("Hôtel du Vieux-Port ltée", "Montréal", "97 rue de la Commune Est", "H2Y 1J1", "Customer - Direct"),
    ("Clinique dentaire Sainte-Foy", "Québec", "2780 chemin Sainte-Foy", "G1V 1V8", "Customer - Direct"),
    ("Les Entreprises Gagné & fils", "Lévis", "55 route du Président-Kennedy", "G6V 6C9", "Prospect"),
    ("Brasserie La Boréale", "Sherbrooke", "1020 rue King Ouest", "J1H 1S2", "Customer - Direct"),
    ("Centre de la petite enfance L’Arc-en-ciel", "Laval", "1600 boul. Le Corbusier", "H7S 1Y9", "Customer - Direct"),
    ("Résidence Les Jardins d’Aylmer", "Gatineau", "300 chemin d’Aylmer", "J9H 5T7", "Prospect"),
    ("Transport Bélanger inc.", "Drummondville", "2450 rue Power", "J2C 6Z5", "Customer - Direct"),
    ("Pâtisserie Chez Zoë", "Trois-Rivières", "412 rue des Forges", "G9A 2H5", "Prospect"),
    ("Fromagerie de l’Île-aux-Grues", "Montmagny", "210 chemin du Roi", "G5V 3S8", "Customer - Direct"),
)
PEOPLE = (
    ("Zoé", "Tremblay", "Directrice générale"),
    ("Marc-André", "Gagnon", "Gestionnaire d’immeubles"),
    ("Élise", "Côté", "Comptable"),
    ("Jean-François", "Bouchard", "Président"),
    ("Anaïs", "Gauthier", "Adjointe"),
    ("Loïc", "Morin", "Directeur des opérations"),
    ("Chloé", "Lavoie", "Acheteuse"),
    ("Noël", "Fortin", "Concierge"),
    ("Maëlle", "Ouellet", "Gestionnaire"),
    ("Étienne", "Pelletier", "Propriétaire"),
    ("Françoise", "Bélanger", "Vice-présidente"),
    ("Théo", "Lévesque", "Coordonnateur"),
    ("Gaëlle", "Bergeron", "Directrice"),
    ("Raphaël", "Leblanc", "Contremaître"),
    ("Inès", "Paquette", "Trésorière"),
    ("Olivier", "Girard", "Administrateur"),
    ("Mégane", "Simard", "Ingénieure"),
    ("Jérôme", "Boucher", "Responsable des achats"),
    ("Aurélie", "Caron", "Chargée de projet"),
    ("Cédric", "Beaulieu", "Directeur"),
)
DEALS = (
    ("Réfection de la toiture", 48500.50),
    ("Contrat d’entretien annuel", 12500.00),
    ("Remplacement du chauffe-eau", 3899.95),
    ("Drain français, côté nord", 21750.25),
    ("Mise aux normes de la plomberie", 67200.00),
    ("Déneigement 2026-2027", 8400.00),
    ("Rénovation des salles de bains", 35999.99),
    ("Thermopompes, 12 logements", 54600.00),
    ("Inspection des toits", 1250.75),
    ("Isolation du grenier", 9875.10),
    ("Portes et fenêtres", 42310.45),
    ("Réparation de la maçonnerie", 17640.00),
    ("Nettoyage des conduits", 2199.00),
    ("Génératrice de secours", 29990.00),
)
At = Callable[[datetime | None], Org]
SEEDED = ("Organization", "User", "Account", "Contact", "Opportunity")
_written: dict[str, list[dict[str, Any]]] = {}


def write(store: Store, at: At, organization: dict[str, Any]) -> None:
    """Users, accounts, contacts and opportunities; one account is in the bin."""
    if not _written:
        _make(store, at, organization)
        _written.update({entity: store.select(SLUG, entity) for entity in SEEDED})
    for entity, bodies in _written.items():
        store.put(SLUG, entity, *bodies)
        store.set_value(SLUG, f"number:{entity}", len(bodies))


def _make(store: Store, at: At, organization: dict[str, Any]) -> None:
    _fixed(store, "Organization", organization["Id"], {"Name": organization["Name"], "IsSandbox": False})
    for number, (name, login) in enumerate(USERS, start=1):
        address = f"{login}@lacoste.example"
        _fixed(store, "User", make_id("005", number), {"Name": name, "Email": address, "Username": address})
    accounts = [_account(at, number, company) for number, company in enumerate(COMPANIES)]
    for number, person in enumerate(PEOPLE):
        _contact(at, number, accounts[number % len(accounts)], person)
    for number, deal in enumerate(DEALS):
        _deal(at, number, accounts[number % len(accounts)], deal)
    gone = at(START + timedelta(days=40)).create("Account", {"Name": "Ancien client fermé inc."})
    at(START + timedelta(days=40)).delete("Account", gone["Id"])
    at(None)


_PLAIN: dict[str, dict[str, Any]] = {
    "Account": {},
    "Contact": {"LastName": "Lot"},
    "Opportunity": {"StageName": "Qualification", "CloseDate": "2026-12-31", "IsClosed": False, "IsWon": False},
}


def bulk(store: Store, now: datetime, entity: str, count: int) -> None:
    """`count` more plain objects. ValueError for a kind that there is not."""
    if entity not in _PLAIN:
        raise ValueError(f"no kind {entity}")
    own = _PLAIN[entity]
    blank = dict.fromkeys(ENTITIES[entity].fields)
    bodies = []
    for number in range(count):
        moment = now - timedelta(seconds=count - number)
        object_id = make_id(ENTITIES[entity].prefix, store.next_number(SLUG, f"number:{entity}"))
        times = {name: told(moment) for name in ENTITIES[entity].system}
        body = {**blank, **own, **times, "Id": object_id, "Name": f"Lot {number}", "IsDeleted": False}
        body |= {"OwnerId": make_id("005", 1), "id": object_id, "updated_at": stamp(moment), "deleted_at": None}
        bodies.append(body)
    store.put(SLUG, entity, *bodies)


def _fixed(store: Store, entity: str, object_id: str, values: dict[str, Any]) -> None:
    times = {name: told(START) for name in ENTITIES[entity].system}
    body = {**values, **times, "Id": object_id, "IsDeleted": False, "id": object_id}
    store.put(SLUG, entity, {**body, "updated_at": stamp(START), "deleted_at": None})


def _account(at: At, number: int, company: tuple[str, ...]) -> str:
    name, city, street, code, kind = company
    values = {
        "Name": name, "Type": kind, "Phone": f"+1 514 555-{100 + number:04d}", "BillingStreet": street,
        "BillingCity": city, "BillingState": "QC", "BillingPostalCode": code, "BillingCountry": "Canada",
        "OwnerId": make_id("005", 1 + number % 3),
    }  # fmt: skip
    return str(at(START + timedelta(hours=5 * number)).create("Account", values)["Id"])


def _contact(at: At, number: int, account: str, person: tuple[str, ...]) -> None:
    first, last, title = person
    plain = f"{first}.{last}".lower().translate(str.maketrans("éèêëàâîïôöûüç", "eeeeaaiioouuc"))
    values = {
        "FirstName": first, "LastName": last, "Title": title, "Email": f"{plain}@courriel.example",
        "Phone": f"+1 418 555-{200 + number:04d}", "AccountId": account,
    }  # fmt: skip
    at(START + timedelta(days=4, hours=3 * number)).create("Contact", values)


def _deal(at: At, number: int, account: str, deal: tuple[str, float]) -> None:
    name, amount = deal
    values = {
        "Name": name, "StageName": STAGES[number % len(STAGES)][0], "Amount": amount, "AccountId": account,
        "CloseDate": (date(2026, 4, 15) + timedelta(days=9 * number)).isoformat(),
        "OwnerId": make_id("005", 1 + number % 3),
    }  # fmt: skip
    at(START + timedelta(days=9, hours=7 * number)).create("Opportunity", values)
