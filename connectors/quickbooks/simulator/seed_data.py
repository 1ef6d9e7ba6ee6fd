"""Words of which the demonstration data is made. Streets and postal codes are real, people and companies are not."""

from __future__ import annotations

# number, name, classification, type, subtype
ACCOUNTS = (
    ("1000", "Compte courant", "Asset", "Bank", "Checking"),
    ("2100", "Carte Visa", "Liability", "Credit Card", "CreditCard"),
    ("1200", "Comptes clients", "Asset", "Accounts Receivable", "AccountsReceivable"),
    ("1050", "Fonds non déposés", "Asset", "Other Current Asset", "UndepositedFunds"),
    ("2000", "Comptes fournisseurs", "Liability", "Accounts Payable", "AccountsPayable"),
    ("2200", "TPS et TVQ à payer", "Liability", "Other Current Liability", "GlobalTaxPayable"),
    ("4000", "Revenus de services", "Revenue", "Income", "ServiceFeeIncome"),
    ("4010", "Revenus d’urgence", "Revenue", "Income", "ServiceFeeIncome"),
    ("4020", "Ventes de matériaux", "Revenue", "Income", "SalesOfProductIncome"),
    ("5000", "Matériaux et pièces", "Expense", "Cost of Goods Sold", "SuppliesMaterialsCogs"),
    ("5010", "Sous-traitance", "Expense", "Cost of Goods Sold", "CostOfLaborCos"),
    ("6100", "Carburant", "Expense", "Expense", "Auto"),
    ("6110", "Outils et petit équipement", "Expense", "Expense", "SuppliesMaterials"),
    ("6120", "Location d’équipement", "Expense", "Expense", "EquipmentRental"),
    ("6200", "Téléphone et Internet", "Expense", "Expense", "Utilities"),
    ("6300", "Assurances", "Expense", "Expense", "Insurance"),
    ("6400", "Loyer", "Expense", "Expense", "RentOrLeaseOfBuildings"),
    ("3000", "Capital-actions", "Equity", "Equity", "CommonStock"),
)

# name, percent
TAX_RATES = (("GST", 5), ("QST 9.975", 9.975), ("HST ON", 13), ("Zero-rated", 0), ("Exempt", 0))
# name, places in TAX_RATES, taxable, active
TAX_CODES = (
    ("GST/QST QC - 9.975", (0, 1), True, True),
    ("GST", (0,), True, True),
    ("QST QC - 9.975", (1,), True, True),
    ("Exempt", (4,), True, True),
    ("Zero-rated", (3,), True, True),
    ("Out of Scope", (), False, True),
    ("HST ON", (2,), True, True),
    ("GST/QST QC - 9.5 (2012)", (0,), True, False),
)
PAYMENT_METHODS = (
    ("Chèque", "NON_CREDIT_CARD"),
    ("Comptant", "NON_CREDIT_CARD"),
    ("Visa", "CREDIT_CARD"),
    ("Mastercard", "CREDIT_CARD"),
    ("Virement Interac", "NON_CREDIT_CARD"),
    ("Dépôt direct", "NON_CREDIT_CARD"),
)
# name, e-mail
VENDORS = (
    ("Quincaillerie Rosemont inc.", "comptes@quincaillerie-rosemont.example"),
    ("Distribution Plombec ltée", "facturation@plombec.example"),
    ("Location Simplex Laval", "location@simplex-laval.example"),
    ("Pétroles Crevier", None),
    ("Télécom Nordique", "service@telecom-nordique.example"),
    ("Assurances Beauséjour et Fils", "dossiers@beausejour.example"),
    ("Sous-traitance Tremblay & Côté s.e.n.c.", "info@tremblaycote.example"),
    ("Matériaux Saint-Laurent", "ventes@materiaux-sl.example"),
)

# name, type, price, place of its income account in ACCOUNTS, active
PLUMBING_ITEMS = (
    ("Main-d’œuvre, plomberie", "Service", 120, 6, True),
    ("Appel d’urgence, taux majoré", "Service", 195, 7, True),
    ("Inspection par caméra", "Service", 285, 6, True),
    ("Débouchage de drain", "Service", 180, 6, True),
    ("Chauffe-eau 60 gallons", "NonInventory", 1149.95, 8, True),
    ("Robinet de cuisine", "NonInventory", 268.5, 8, True),
    ("Tuyau PEX ¾ po (pied)", "NonInventory", 2.35, 8, True),
    ("Frais de déplacement", "Service", 65, 6, True),
    ("Main-d’œuvre, tarif 2023", "Service", 105, 6, False),
)
ROOFING_ITEMS = (
    ("Main-d’œuvre, toiture", "Service", 98, 6, True),
    ("Réparation urgente de toiture", "Service", 225, 7, True),
    ("Bardeaux d’asphalte (paquet)", "NonInventory", 46.75, 8, True),
    ("Membrane élastomère (pi²)", "NonInventory", 3.85, 8, True),
    ("Inspection de toiture", "Service", 250, 6, True),
    ("Déneigement de toiture", "Service", 475, 6, True),
)

# Given name, family name, company, e-mail name, telephone, street, city, postal code
PEOPLE = (
    ("Zoé", "Tremblay", None, "zoe.tremblay", "514-555-0101", "4215, rue Saint-Denis", "Montréal", "H2J 2K9"),
    ("François", "Côté", None, "francois.cote", "438-555-0102", "5620, 1re Avenue", "Montréal", "H1Y 3A3"),
    (None, None, "Boulangerie Aux Blés d’Or inc.", "comptes.blesdor", "514-555-0103", "2750, rue Masson", "Montréal",
     "H1Y 1W6"),
    ("Amélie", "Lévesque", None, "amelie.levesque", "514-555-0104", "7930, rue Saint-Hubert", "Montréal", "H2R 2N7"),
    (None, None, "Gestion Immobilière Rosemont ltée", "ap.rosemont", "514-555-0105", "3000, rue Beaubien Est",
     "Montréal", "H1Y 1H2"),
    ("Jérôme", "D’Amours", None, "jerome.damours", "450-555-0106", "12, rue Principale", "Laval", "H7A 1A1"),
    ("Noémie", "Gagné", None, "noemie.gagne", "450-555-0107", "88, boulevard des Laurentides", "Laval", "H7G 2T3"),
    (None, None, "Clinique dentaire Masson", "reception.masson", "514-555-0108", "3105, rue Masson", "Montréal",
     "H1Y 1X8"),
    ("Stéphane", "Bérubé", None, "stephane.berube", "819-555-0109", "185, rue Laurier", "Gatineau", "J8X 3W1"),
    ("Maëlle", "Hébert", None, "maelle.hebert", "418-555-0110", "690, rue Saint-Jean", "Québec", "G1R 1P8"),
    (None, None, "Copropriété Le Griffintown", "conseil.griffintown", "514-555-0111", "235, rue Peel", "Montréal",
     "H3C 2G6"),
    ("Benoît", "Saint-Pierre", None, "benoit.stpierre", "514-555-0112", "4401, rue Wellington", "Montréal", "H4G 1W6"),
    ("Josée", "Légaré", None, "josee.legare", "450-555-0113", "27, rue du Moulin", "Terrebonne", "J6W 2N5"),
    (None, None, "Restaurant L’Écluse inc.", "admin.ecluse", "514-555-0114", "1500, rue Notre-Dame Ouest", "Montréal",
     "H3C 1L1"),
    ("Olivier", "Poirier", None, "olivier.poirier", "438-555-0115", "912, avenue du Mont-Royal Est", "Montréal",
     "H2J 1X2"),
    ("Fatoumata", "Diallo", None, "fatoumata.diallo", "514-555-0116", "6455, avenue Christophe-Colomb", "Montréal",
     "H2S 2G5"),
    (None, None, "École Sainte-Thérèse", "economat.ste-therese", "450-555-0117", "10, rue Blainville Ouest",
     "Sainte-Thérèse", "J7E 1X1"),
    ("Karim", "Benali", None, "karim.benali", "514-555-0118", "8150, rue Lajeunesse", "Montréal", "H2P 2L9"),
    ("Héloïse", "Ménard", None, "heloise.menard", "450-555-0119", "45, rue Saint-Louis", "Longueuil", "J4R 2L5"),
    (None, None, "Garderie Les Petits Castors", "info.castors", "450-555-0120", "330, rue Sainte-Hélène", "Longueuil",
     "J4K 3R3"),
    ("Cédric", "Nadeau", None, "cedric.nadeau", "819-555-0121", "1330, rue Galt Ouest", "Sherbrooke", "J1H 2A8"),
    ("Valérie", "Château", None, "valerie.chateau", "873-555-0122", "95, rue Wellington Sud", "Sherbrooke", "J1H 5E1"),
    (None, None, "Auto Pièces Beauport inc.", "compta.beauport", "418-555-0123", "2825, chemin Sainte-Foy", "Québec",
     "G1X 1S4"),
    ("Minh", "Tran", None, "minh.tran", "514-555-0124", "9080, boulevard de l’Acadie", "Montréal", "H4N 2S8"),
    ("Thérèse", "Gauthier", None, None, "450-555-0125", "7, place du Marché", "Saint-Jérôme", "J7Z 1T8"),
    (None, None, "Condos Quai de Hull", "gestion.quai", "819-555-0126", "185, rue Laurier", "Gatineau", "J8X 3W1"),
    ("Éric", "Fréchette", None, "eric.frechette", None, "410, boulevard Gréber", "Gatineau", "J8T 5R7"),
    ("Adèle", "Grégoire", None, "adele.gregoire", "514-555-0128", "2200, rue Ontario Est", "Montréal", "H2K 1V8"),
    (None, None, "Ébénisterie Côté & Fils", "atelier.cote", "418-555-0129", "640, rue Saint-Vallier Ouest", "Québec",
     "G1N 1C5"),
    ("Luc", "Desjardins", None, "luc.desjardins", "514-555-0130", "3780, rue Sherbrooke Est", "Montréal", "H1X 2A1"),
)  # fmt: skip
