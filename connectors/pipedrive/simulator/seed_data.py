"""Words of which the demonstration data is made. Streets and postal prefixes are real, people are not."""

from __future__ import annotations

# name, number and street, city, postal code
ORGANIZATIONS = (
    ("Boulangerie Aux Blés d’Or inc.", "4215", "rue Saint-Denis", "Montréal", "H2J 2K9"),
    ("Café L’Écluse inc.", "235", "rue Peel", "Montréal", "H3C 2G6"),
    ("Clinique dentaire Masson", "2750", "rue Masson", "Montréal", "H1Y 1W6"),
    ("Ébénisterie Côté & Fils", "410", "boulevard Gréber", "Gatineau", "J8T 5R7"),
    ("Syndicat de copropriété Le Griffintown", "185", "rue Ottawa", "Montréal", "H3C 1K7"),
    ("Gestion immobilière Bélanger", "690", "rue Saint-Jean", "Québec", "G1R 1P8"),
    ("Garderie Les Petits Érables", "5620", "1re Avenue", "Montréal", "H1Y 3A3"),
    ("Coopérative d’habitation du Faubourg", "95", "rue Wellington Sud", "Sherbrooke", "J1H 5E1"),
    ("Épicerie Fréchette et frères", "7930", "rue Saint-Hubert", "Montréal", "H2R 2N7"),
    ("Hôtel Le Vieux-Quai", "12", "rue du Sault-au-Matelot", "Québec", "G1K 3Y7"),
    ("Résidence Château Beauséjour", "2825", "chemin Sainte-Foy", "Québec", "G1X 1S4"),
    ("Atelier mécanique Lévesque", "1330", "rue Galt Ouest", "Sherbrooke", "J1H 2A8"),
    ("Pharmacie Thériault et Gagné", "4401", "rue Wellington", "Montréal", "H4G 1W6"),
    ("École de danse Océane", "88", "rue Laurier", "Gatineau", "J8X 3W1"),
)
GIVEN_NAMES = (
    "Zoé", "Éric", "Amélie", "François", "Océane", "Frédéric", "Chloé", "Jérôme", "Mélanie", "Stéphane", "Noémie",
    "Benoît", "Léa", "André", "Maëlle", "Rémi", "Josée", "Gaël", "Héloïse", "Cédric",
)  # fmt: skip
FAMILY_NAMES = (
    "Tremblay", "Gagnon", "Côté", "Bouchard", "Gauthier", "Bélanger", "Lévesque", "Pelletier", "Bérubé", "Lefèvre",
    "D’Amours", "Thériault", "Hébert", "Poirier", "Desjardins", "Saint-Pierre", "Légaré",
)  # fmt: skip
DEALS = (
    "Réfection de la toiture", "Remplacement du chauffe-eau", "Contrat d’entretien annuel", "Rénovation de la cuisine",
    "Mise aux normes électriques", "Drain français", "Fenêtres et portes", "Système de ventilation",
)  # fmt: skip
LOST = ("Prix trop élevé", "Projet reporté", "Choix d’un concurrent")
