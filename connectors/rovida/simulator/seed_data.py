"""Words of which the demonstration data is made. Streets and postal prefixes are real, people are not."""

from __future__ import annotations

# name, code, kind, street address, city, postal code, year built, number of units, manager
PROPERTIES = (
    ("Les Terrasses du Plateau", "MTL-01", "rental", "4215, rue Saint-Denis", "Montréal", "H2J 2K9", 1928, 16, 0),
    ("Manoir Rosemont", "MTL-02", "rental", "5620, 1re Avenue", "Montréal", "H1Y 3A3", 1954, 14, 0),
    ("Le Griffintown", "MTL-03", "condominium", "235, rue Peel", "Montréal", "H3C 2G6", 2014, 18, 1),
    ("Immeuble Villeray", "MTL-04", "rental", "7930, rue Saint-Hubert", "Montréal", "H2R 2N7", 1947, 10, 1),
    ("Carré Masson", "MTL-05", "mixed", "2750, rue Masson", "Montréal", "H1Y 1W6", 1962, 12, 1),
    ("Place Verdun", "MTL-06", "commercial", "4401, rue Wellington", "Montréal", "H4G 1W6", 1971, 8, 2),
    ("Résidence Saint-Jean-Baptiste", "QC-01", "rental", "690, rue Saint-Jean", "Québec", "G1R 1P8", 1936, 12, 2),
    ("Domaine Sainte-Foy", "QC-02", "rental", "2825, chemin Sainte-Foy", "Québec", "G1X 1S4", 1983, 14, 2),
    ("Le Quai de Hull", "GAT-01", "condominium", "185, rue Laurier", "Gatineau", "J8X 3W1", 2009, 10, 3),
    ("Habitations de l'Érable", "GAT-02", "rental", "410, boulevard Gréber", "Gatineau", "J8T 5R7", 1988, 9, 3),
    ("Le Wellington Sud", "SHE-01", "mixed", "95, rue Wellington Sud", "Sherbrooke", "J1H 5E1", 1919, 9, 4),
    ("Appartements Galt", "SHE-02", "rental", "1330, rue Galt Ouest", "Sherbrooke", "J1H 2A8", 1966, 8, None),
)

# The same person is written in two ways: e-mail addresses have no case.
MANAGERS = (
    (
        ("Geneviève Bélanger", "genevieve.belanger@gestion.example"),
        ("Geneviève Bélanger", "Genevieve.Belanger@gestion.example"),
    ),
    (("Mathieu Côté", "mathieu.cote@gestion.example"),) * 2,
    (("Élise Thériault", "elise.theriault@gestion.example"),) * 2,
    (("Jean-François Labonté", "jf.labonte@gestion.example"),) * 2,
    (("Noémie Gagné", "noemie.gagne@gestion.example"),) * 2,
)  # fmt: skip

GIVEN_NAMES = (
    "Zoé", "Éric", "Amélie", "François", "Océane", "Frédéric", "Chloé", "Jérôme", "Mélanie", "Stéphane", "Noémie",
    "Benoît", "Léa", "André", "Maëlle", "Rémi", "Josée", "Gaël", "Héloïse", "Cédric", "Anaïs", "Étienne", "Valérie",
    "Hugo", "Marie-Ève", "Luc", "Thérèse", "Olivier", "Inès", "Sébastien", "Fatoumata", "Minh", "Karim", "Adèle",
)  # fmt: skip
FAMILY_NAMES = (
    "Tremblay", "Gagnon", "Côté", "Bouchard", "Gauthier", "Bélanger", "Lévesque", "Pelletier", "Bérubé", "Lefèvre",
    "D'Amours", "Thériault", "Hébert", "Poirier", "Desjardins", "Saint-Pierre", "Légaré", "Ménard", "Charrière",
    "Nadeau", "Château", "Beauséjour", "L'Écuyer", "Fréchette", "Diallo", "Benali", "Tran", "Paré", "Grégoire",
)  # fmt: skip
COMPANIES = (
    "Boulangerie Aux Blés d'Or inc.",
    "Café L'Écluse inc.",
    "Clinique dentaire Masson",
    "Ébénisterie Côté & Fils",
)

AREA_CODES = {"Montréal": ("514", "438"), "Québec": ("418",), "Gatineau": ("819",), "Sherbrooke": ("873",)}
RENTS = {"Montréal": 145000, "Québec": 112000, "Gatineau": 128000, "Sherbrooke": 98000}

# title, description, category, priority
WORK = (
    ("Chauffe-eau qui fuit", "Fuite derrière le réservoir; l'eau est coupée.", "plumbing", "high"),
    ("Prise électrique défectueuse", "La prise de la cuisine ne fonctionne plus.", "electrical", "medium"),
    ("Fenêtre qui ne ferme plus", "Courant d'air dans la chambre, côté nord.", "carpentry", "medium"),
    ("Calorifère froid", "Aucun chauffage au salon depuis hier soir.", "heating", "urgent"),
    ("Peinture à rafraîchir", "Couloir du 2e étage, après le dégât d'eau.", "painting", "low"),
    ("Serrure à remplacer", "La clé tourne dans le vide.", "locksmith", "high"),
    ("Évier bouché", "L'eau de l'évier de la cuisine ne s'écoule plus.", "plumbing", "medium"),
    ("Détecteur de fumée à changer", "Il sonne sans arrêt, même avec une pile neuve.", "safety", "high"),
    ("Déneigement de l'entrée", "Escalier extérieur glacé.", "grounds", "urgent"),
    ("Hotte de cuisine bruyante", None, "appliance", "low"),
)
TECHNICIANS = ("Équipe plomberie", "Équipe électricité", "Marc-André Roy", "Sylvie Lacoste", None)
