"""Words of which the demonstration data is made. Streets and postal prefixes are real, people are not."""

from __future__ import annotations

# name, street, city, province, postal code, phone
ACCOUNTS = (
    ("Boulangerie Aux Blés d'Or inc.", "4215, rue Saint-Denis", "Montréal", "QC", "H2J 2K9", "514-555-0101"),
    ("Café L'Écluse inc.", "235, rue Peel\nlocal 12", "Montréal", "QC", "H3C 2G6", "514-555-0102"),
    ("Clinique dentaire Masson", "2750, rue Masson", "Montréal", "Québec", "H1Y 1W6", "514-555-0103"),
    ("Ébénisterie Côté & Fils", "410, boulevard Gréber", "Gatineau", "QC", "J8T 5R7", "819-555-0104"),
    ("Gestion immobilière (Québec) Bélanger", "690, rue Saint-Jean", "Québec", "QC", "G1R 1P8", "418-555-0105"),
    ("Garderie Les Petits Érables", "5620, 1re Avenue", "Montréal", "QC", "H1Y 3A3", "514-555-0106"),
    ("Coopérative du Faubourg", "95, rue Wellington Sud", "Sherbrooke", "QC", "J1H 5E1", "819-555-0107"),
    ("Épicerie Fréchette et frères", "7930, rue Saint-Hubert", "Montréal", "QC", "H2R 2N7", "514-555-0108"),
    ("Hôtel Le Vieux-Quai", "12, rue du Sault-au-Matelot", "Québec", "QC", "G1K 3Y7", "418-555-0109"),
    ("Pharmacie Thériault et Gagné", "4401, rue Wellington", "Montréal", "QC", "H4G 1W6", "514-555-0110"),
)
GIVEN_NAMES = (
    "Zoé", "Éric", "Amélie", "François", "Océane", "Frédéric", "Chloé", "Jérôme", "Mélanie", "Stéphane", "Noémie",
    "Benoît", "Léa", "André", "Maëlle", "Rémi", "Josée", "Gaël", "Héloïse", "Cédric",
)  # fmt: skip
FAMILY_NAMES = (
    "Tremblay", "Gagnon", "Côté", "Bouchard", "Gauthier", "Bélanger", "Lévesque", "Pelletier", "Bérubé", "Lefèvre",
    "D'Amours", "Thériault", "Hébert", "Poirier", "Desjardins", "Saint-Pierre", "Légaré",
)  # fmt: skip
TITLES = ("Directrice générale", "Gestionnaire d'immeubles", "Acheteur", None)
DEALS = (
    "Réfection de la toiture", "Remplacement du chauffe-eau", "Contrat d'entretien annuel", "Rénovation de la cuisine",
    "Mise aux normes électriques", "Drain français", "Fenêtres et portes", "Système de ventilation",
)  # fmt: skip
