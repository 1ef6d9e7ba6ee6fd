"""Words of which the demonstration data is made. Streets and postal codes are real, people and companies are not."""

from __future__ import annotations

# code, name, type, class, payments may be made to it
ACCOUNTS = (
    ("090", "Compte courant", "BANK", "ASSET", False),
    ("095", "Carte Visa", "BANK", "LIABILITY", False),
    ("200", "Revenus de services", "REVENUE", "REVENUE", False),
    ("210", "Ventes d’équipement", "SALES", "REVENUE", False),
    ("260", "Autres revenus", "OTHERINCOME", "REVENUE", False),
    ("300", "Matériaux et pièces", "DIRECTCOSTS", "EXPENSE", False),
    ("310", "Sous-traitance", "DIRECTCOSTS", "EXPENSE", False),
    ("420", "Carburant", "EXPENSE", "EXPENSE", False),
    ("461", "Outils et petit équipement", "EXPENSE", "EXPENSE", False),
    ("489", "Téléphone et Internet", "OVERHEADS", "EXPENSE", False),
    ("610", "Comptes clients", "CURRENT", "ASSET", False),
    ("800", "Comptes fournisseurs", "CURRLIAB", "LIABILITY", False),
    ("820", "TPS et TVQ à payer", "CURRLIAB", "LIABILITY", False),
    ("880", "Avances de l’actionnaire", "CURRLIAB", "LIABILITY", True),
)

# name, components, status. The first one is the tax of an organisation; one without components is "NONE".
TAX_RATES = (
    ("TPS/TVQ QC", (("TPS", 5.0), ("TVQ", 9.975)), "ACTIVE"),
    ("TPS seulement", (("TPS", 5.0),), "ACTIVE"),
    ("Exonéré", (), "ACTIVE"),
    ("TVH Ontario", (("TVH", 13.0),), "ACTIVE"),
    ("TPS/TVQ 2012", (("TPS", 5.0), ("TVQ", 9.5)), "DELETED"),
)

# description, price, account
COOLING = (
    ("Entretien CVC", 120.0, "200"),
    ("Appel de service, taux majoré", 189.5, "200"),
    ("Thermopompe murale 12 000 BTU", 2349.95, "210"),
    ("Recharge de réfrigérant", 245.33, "200"),
    ("Filtre MERV 11", 24.75, "210"),
    ("Nettoyage de conduits", 399.99, "200"),
)
WIRING = (
    ("Main-d’œuvre, électricité", 98.0, "200"),
    ("Panneau 200 A", 1249.0, "210"),
    ("Borne de recharge, installation", 875.5, "200"),
    ("Prise DDFT", 38.65, "210"),
)

# name, e-mail
SUPPLIERS = (
    ("Réfrigération Boréale ltée", "comptes@refrigeration-boreale.example"),
    ("Distribution Électrik inc.", "facturation@electrik.example"),
    ("Location d’outils Gréber", "location@outils-greber.example"),
    ("Sous-traitance Côté & Fils", "info@cotefils.example"),
)

# Given name, family name, company, e-mail name, telephone, street, city, postal code
PEOPLE = (
    (None, None, "Toitures Laval inc.", "ap.toitureslaval", "450-555-0201", "12, rue Principale", "Laval", "H7A 1A1"),
    ("Mélanie", "Thériault", None, "melanie.theriault", "514-555-0202", "4890, rue Fabre", "Montréal", "H2J 3W3"),
    ("Jean-François", "L’Écuyer", None, "jf.lecuyer", "438-555-0203", "2015, rue Rachel Est", "Montréal", "H2H 1R3"),
    (None, None, "Résidence Château-Dufresne", "gestion.dufresne", "514-555-0204", "4040, rue Sherbrooke Est",
     "Montréal", "H1X 2A7"),
    ("Anaïs", "Beaulieu", None, "anais.beaulieu", "418-555-0205", "530, rue Saint-Joseph Est", "Québec", "G1K 3B9"),
    ("Étienne", "Guérin", None, "etienne.guerin", "418-555-0206", "1090, avenue Cartier", "Québec", "G1R 2S6"),
    (None, None, "Boucherie Chez Ginette enr.", "commande.ginette", "450-555-0207", "75, rue Saint-Charles Ouest",
     "Longueuil", "J4H 1C5"),
    ("Solange", "Archambault", None, "solange.archambault", "450-555-0208", "610, boulevard Roland-Therrien",
     "Longueuil", "J4H 3V9"),
    ("Yannick", "Brûlé", None, "yannick.brule", "819-555-0209", "160, rue Eddy", "Gatineau", "J8X 2W6"),
    (None, None, "Coopérative d’habitation L’Érablière", "conseil.erabliere", "819-555-0210", "285, rue Notre-Dame",
     "Gatineau", "J8P 1K7"),
    ("Geneviève", "Saint-Onge", None, "genevieve.stonge", "819-555-0211", "220, rue King Ouest", "Sherbrooke",
     "J1H 1P9"),
    ("Aïcha", "Bouchard", None, "aicha.bouchard", "514-555-0212", "7070, avenue Henri-Julien", "Montréal", "H2S 3S3"),
    (None, None, "Imprimerie Deux-Montagnes ltée", "compta.imprimerie", "450-555-0213", "1400, chemin d’Oka",
     "Deux-Montagnes", "J7R 1N2"),
    ("Raphaël", "Dubé", None, "raphael.dube", "450-555-0214", "33, rue Turgeon", "Sainte-Thérèse", "J7E 3H4"),
    ("Nathalie", "Forêt", None, "nathalie.foret", "514-555-0215", "8500, rue Saint-Denis", "Montréal", "H2P 2H2"),
    (None, None, "Théâtre de la Côte inc.", "admin.theatre", "418-555-0216", "2, rue des Jardins", "Québec", "G1R 4S9"),
    ("Hugo", "Pelletier", None, "hugo.pelletier", "418-555-0217", "44, côte du Passage", "Lévis", "G6V 5S8"),
    ("Maïté", "Arsenault", None, "maite.arsenault", "438-555-0218", "1250, rue Guy", "Montréal", "H3H 2L3"),
    (None, None, "Ferme Les Trois Épis senc", "ferme.troisepis", "450-555-0219", "901, rang Double", "Saint-Jérôme",
     "J7Y 4P4"),
    ("Loïc", "Gendron", None, "loic.gendron", "819-555-0220", "500, rue des Forges", "Trois-Rivières", "G9A 2H5"),
    (None, None, "Hôtel Rive-Sud", "reception.rivesud", "450-555-0221", "1000, rue de Sérigny", "Longueuil", "J4K 5B1"),
    ("Océane", "Raîche", None, "oceane.raiche", "819-555-0222", "77, rue Saint-Georges", "Drummondville", "J2C 4G5"),
)  # fmt: skip
