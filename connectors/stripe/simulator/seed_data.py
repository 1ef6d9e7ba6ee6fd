"""Names, addresses and works of the demonstration data."""

from __future__ import annotations

NAMES = ("Zoé Tremblay", "François Côté", "Amélie Lévesque", "Jérôme D’Amours", "Noémie Gagné", "Maëlle Hébert")

# Name, e-mail name, telephone, street, city, postal code
PEOPLE = (
    ("Zoé Tremblay", "zoe.tremblay", "+15145550201", "4215, rue Saint-Denis", "Montréal", "H2J 2K9"),
    ("François Côté", "francois.cote", "+14385550202", "5620, 1re Avenue", "Montréal", "H1Y 3A3"),
    ("Boulangerie Aux Blés d’Or inc.", "comptes.blesdor", "+15145550203", "2750, rue Masson", "Montréal", "H1Y 1W6"),
    ("Amélie Lévesque", "amelie.levesque", "+15145550204", "7930, rue Saint-Hubert", "Montréal", "H2R 2N7"),
    ("Gestion Immobilière Rosemont ltée", "ap.rosemont", "+15145550205", "3000, rue Beaubien Est", "Montréal",
     "H1Y 1H2"),
    ("Jérôme D’Amours", "jerome.damours", "+14505550206", "12, rue Principale", "Laval", "H7A 1A1"),
    ("Noémie Gagné", "noemie.gagne", "+14505550207", "88, boulevard des Laurentides", "Laval", "H7G 2T3"),
    ("Clinique dentaire Masson", "reception.masson", "+15145550208", "3105, rue Masson", "Montréal", "H1Y 1X8"),
    ("Stéphane Bérubé", "stephane.berube", "+18195550209", "185, rue Laurier", "Gatineau", "J8X 3W1"),
    ("Maëlle Hébert", "maelle.hebert", "+14185550210", "690, rue Saint-Jean", "Québec", "G1R 1P8"),
    ("Copropriété Le Griffintown", "conseil.griffintown", "+15145550211", "235, rue Peel", "Montréal", "H3C 2G6"),
    ("Benoît Saint-Pierre", "benoit.stpierre", "+15145550212", "4401, rue Wellington", "Montréal", "H4G 1W6"),
    ("Josée Légaré", "josee.legare", "+14505550213", "27, rue du Moulin", "Terrebonne", "J6W 2N5"),
    ("Restaurant L’Écluse inc.", "admin.ecluse", "+15145550214", "1500, rue Notre-Dame Ouest", "Montréal", "H3C 1L1"),
    ("Olivier Poirier", "olivier.poirier", "+14385550215", "912, avenue du Mont-Royal Est", "Montréal", "H2J 1X2"),
    ("Fatoumata Diallo", "fatoumata.diallo", "+15145550216", "6455, avenue Christophe-Colomb", "Montréal", "H2S 2G5"),
    ("École Sainte-Thérèse", "economat.ste-therese", "+14505550217", "10, rue Blainville Ouest", "Sainte-Thérèse",
     "J7E 1X1"),
    (None, "paiements", None, "8150, rue Lajeunesse", "Montréal", "H2P 2L9"),
    ("Héloïse Ménard", "heloise.menard", "+14505550219", "45, rue Saint-Louis", "Longueuil", "J4R 2L5"),
    ("Garderie Les Petits Castors", None, "+14505550220", "330, rue Sainte-Hélène", "Longueuil", "J4K 3R3"),
)  # fmt: skip

# Description, cents
WORK = (
    ("Débouchage de drain", 18000),
    ("Appel d’urgence, taux majoré", 19500),
    ("Chauffe-eau 60 gallons", 114995),
    ("Main-d’œuvre, plomberie (3 h)", 36000),
    ("Inspection par caméra", 28500),
    ("Robinet de cuisine", 26850),
    ("Frais de déplacement", 6500),
)
