"""Names, places and work of the demo. People and companies are invented; phone numbers are of the fictional range."""

DIVISIONS = (
    ("plomberie", "Plomberie Lacoste", "plumbing"),
    ("toiture", "Toitures Lacoste", "roofing"),
    ("immobilier", "Gestion immobilière Lacoste", "property"),
    ("financement", "Financement Lacoste", "finance"),
    ("entretien", "Entretien Lacoste", "maintenance"),
    ("electricite", "Électricité Lacoste", "electricity"),
)

PEOPLE = (
    ("Zoé", "Tremblay"),
    ("Mathis", "Gagnon"),
    ("Léa", "Roy"),
    ("Olivier", "Côté"),
    ("Rosalie", "Bouchard"),
    ("Félix", "Gauthier"),
    ("Camille", "Morin"),
    ("Édouard", "Lavoie"),
    ("Anaïs", "Fortin"),
    ("Jérémie", "Gagné"),
    ("Noémie", "Ouellet"),
    ("Hugo", "Pelletier"),
    ("Béatrice", "Bélanger"),
    ("Samuel", "Lévesque"),
    ("Maïka", "Bergeron"),
    ("Antoine", "Leblanc"),
    ("Delphine", "Paquette"),
    ("Xavier", "Girard"),
    ("Florence", "Simard"),
    ("Thomas", "Boucher"),
    ("Amélie", "Caron"),
    ("Nathan", "Beaulieu"),
    ("Éloïse", "Cloutier"),
    ("Raphaël", "Dubé"),
    ("Mégane", "Poirier"),
    ("William", "Fournier"),
)

COMPANIES = (
    ("Boulangerie du Vieux-Moulin inc.", "boulangerie-vieux-moulin"),
    ("Clinique dentaire Beauséjour", "clinique-beausejour"),
    ("Garage Ste-Foy et fils ltée", "garage-ste-foy"),
    ("Syndicat de copropriété Le Belvédère", "copropriete-belvedere"),
    ("Épicerie Chez Fernande", "epicerie-fernande"),
    ("Résidence Les Érables", "residence-erables"),
    ("Immeubles Saint-Laurent s.e.c.", "immeubles-st-laurent"),
    ("École de danse Pas-à-Pas", "danse-pas-a-pas"),
    ("Microbrasserie La Débâcle", "brasserie-debacle"),
    ("Notaires Dion Lapointe s.e.n.c.r.l.", "notaires-dion-lapointe"),
    ("Centre de la petite enfance Les Lutins", "cpe-lutins"),
    ("Quincaillerie Rive-Nord inc.", "quincaillerie-rive-nord"),
    ("Auberge du Cap-aux-Oies", "auberge-cap-aux-oies"),
    ("Pharmacie Marie-Josée Thibault", "pharmacie-thibault"),
)

ROLES = ("Direction", "Comptabilité", "Gestion de l’immeuble", "Achats")

PLACES = (
    (
        "Montréal",
        "H2L 2H2",
        "514",
        ("rue Ontario Est", "avenue De Lorimier", "rue Rachel Est", "boulevard Saint-Joseph"),
    ),
    ("Laval", "H7N 3X4", "450", ("boulevard Cartier Ouest", "rue Laurier", "boulevard des Prairies")),
    ("Longueuil", "J4H 1K5", "450", ("rue Saint-Charles Ouest", "chemin de Chambly", "rue Grant")),
    ("Québec", "G1R 2J6", "418", ("rue Saint-Jean", "chemin Sainte-Foy", "avenue Cartier")),
    ("Trois-Rivières", "G9A 5C5", "819", ("rue des Forges", "boulevard des Récollets")),
    ("Sherbrooke", "J1H 1Z4", "819", ("rue King Ouest", "rue Wellington Nord")),
)

# Division code → (title, category, ((kind, description, quantity, unit price), …)).
WORK = {
    "plomberie": (
        (
            "Remplacer le chauffe-eau",
            "plumbing",
            (
                ("labour", "Main-d’œuvre, compagnon plombier", "3", "112.50"),
                ("material", "Chauffe-eau 60 gallons", "1", "879.00"),
            ),
        ),
        (
            "Déboucher la conduite principale",
            "plumbing",
            (("labour", "Débouchage au furet", "2", "135.00"), ("fee", "Inspection par caméra", "1", "185.00")),
        ),
        (
            "Réparer une fuite sous l’évier",
            "plumbing",
            (
                ("labour", "Main-d’œuvre, plombier", "1.5", "112.50"),
                ("material", "Robinetterie et raccords", "1", "64.35"),
            ),
        ),
    ),
    "toiture": (
        (
            "Refaire la toiture en bardeaux",
            "roofing",
            (
                ("labour", "Équipe de couvreurs, journée", "2.5", "1480.00"),
                ("material", "Bardeaux et membrane", "24", "129.95"),
            ),
        ),
        (
            "Réparer un solin de cheminée",
            "roofing",
            (("labour", "Couvreur", "4", "92.00"), ("material", "Solin d’acier galvanisé", "3", "38.75")),
        ),
    ),
    "immobilier": (
        (
            "Inspecter les logements avant le 1er juillet",
            "inspection",
            (("labour", "Inspection d’un logement", "12", "65.00"),),
        ),
        ("Rédiger le carnet d’entretien", "administration", (("labour", "Technicien en bâtiment", "9", "88.00"),)),
    ),
    "entretien": (
        (
            "Entretien printanier du terrain",
            "landscaping",
            (("labour", "Équipe d’entretien, heure", "6", "78.00"), ("fee", "Disposition des résidus", "1", "95.00")),
        ),
        (
            "Déneiger le stationnement, saison",
            "snow",
            (("fee", "Forfait saisonnier", "1", "1650.00"), ("material", "Abrasif, tonne", "2", "118.40")),
        ),
    ),
    "electricite": (
        (
            "Installer une borne de recharge",
            "electrical",
            (("labour", "Maître électricien", "4", "118.00"), ("material", "Borne de niveau 2", "1", "799.99")),
        ),
        (
            "Remplacer le panneau électrique 200 A",
            "electrical",
            (("labour", "Maître électricien", "7", "118.00"), ("material", "Panneau et disjoncteurs", "1", "1135.60")),
        ),
    ),
}

SUPPLIERS = (
    ("Plomberie Centrale Distribution", "Matériel"),
    ("Toitures et Matériaux du Fleuve", "Matériel"),
    ("Location d’outils Bon Bras", "Location d’équipement"),
    ("Carburants Rive-Sud", "Carburant"),
    ("Assurances Laflèche", "Assurances"),
    ("Papeterie du Coin", "Fournitures de bureau"),
)

# (from division, to division, name, amount, state of the referral)
REFERRALS = (
    ("plomberie", "toiture", "Réfection de la toiture du Belvédère", "18500.00", "captured"),
    ("toiture", "electricite", "Câbles chauffants de toiture", "3400.00", "converted"),
    ("immobilier", "plomberie", "Remplacement de colonnes, six logements", "27800.00", "converted"),
    ("electricite", "entretien", "Contrat d’entretien annuel", "4200.00", "lost"),
    ("toiture", "financement", "Financement d’une toiture sur 60 mois", "16900.00", "captured"),
)

OPPORTUNITIES = (
    ("plomberie", "Rénovation de deux salles de bain", "14250.00", "Soumission envoyée", "60.00"),
    ("immobilier", "Gestion d’un immeuble de 24 logements", "32000.00", "Négociation", "75.00"),
    ("entretien", "Déneigement de trois stationnements", "8900.00", "Premier contact", "20.00"),
)
