"""Names, addresses and works of the demonstration data."""

from __future__ import annotations

# Given name, family name, company, e-mail name, telephone, street, city, postal code
PEOPLE = (
    ("Aurélie", "Bouchard", None, "aurelie.bouchard", "+15145550301", "3455, rue Rachel Est", "Montréal", "H1W 1A1"),
    ("Mathéo", "Gélinas", None, "matheo.gelinas", "+14505550302", "77, rue des Érables", "Laval", "H7L 2B3"),
    (None, None, "Café L’Étincelle inc.", "bonjour.etincelle", "+15145550303", "188, rue Villeray", "Montréal",
     "H2R 1G8"),
    ("Solène", "Thériault", None, "solene.theriault", "+14185550304", "915, avenue Cartier", "Québec", "G1R 2R8"),
    ("Raphaël", "Désilets", None, "raphael.desilets", "+18195550305", "402, rue des Forges", "Trois-Rivières",
     "G9A 2H3"),
    (None, None, "Syndicat de copropriété Les Ormes", "ca.lesormes", "+15145550306", "2600, boulevard Rosemont",
     "Montréal", "H1Y 1K8"),
    ("Inès", "Mansour", None, "ines.mansour", "+14385550307", "7250, boulevard Saint-Michel", "Montréal", "H2A 2Z4"),
    ("Gaétan", "Lafrenière", None, None, "+14505550308", "16, rang Saint-Joseph", "Mirabel", "J7J 1A1"),
    ("Océane", "Pépin", None, "oceane.pepin", "+14505550309", "240, rue King Ouest", "Sherbrooke", "J1H 1P8"),
    (None, None, "Fleuriste Pétales & Cie", "info.petales", "+15145550310", "5190, avenue du Parc", "Montréal",
     "H2V 4G6"),
    ("Émile", "Vaillancourt", None, "emile.vaillancourt", "+18735550311", "58, rue Principale", "Magog", "J1X 1Y9"),
    ("Léa", "Nguyen", None, "lea.nguyen", "+15145550312", "1005, rue Jean-Talon Ouest", "Montréal", "H3N 1T2"),
)  # fmt: skip

# Description, cents
WORK = (
    ("Réparation de robinet", 14500),
    ("Nettoyage de gouttières", 22000),
    ("Remplacement de bardeaux", 48950),
    ("Visite d’entretien", 8995),
    ("Peinture d’une pièce", 61500),
)
NAMES = ("Aurélie", "Mathéo", "Solène", "Inès", "Émile")
