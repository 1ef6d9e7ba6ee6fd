"""Words of which the demonstration data is made. Streets and postal prefixes are real, people are not."""

from __future__ import annotations

# code, marketing name, street, city, postal code, number of units, residents and work orders
PROPERTIES = (
    ("gat-01", "Le Quai des Bâtisseurs", "185, rue Laurier", "Gatineau", "J8X 3W1", 30, 30, 30),
    ("mtl-01", "Les Terrasses du Plateau", "4215, rue Saint-Denis", "Montréal", "H2J 2K9", 6, 6, 6),
    ("mtl-02", "Manoir Rosemont", "5620, 1re Avenue", "Montréal", "H1Y 3A3", 6, 5, 5),
    ("qc-01", "Résidence Saint-Jean-Baptiste", "690, rue Saint-Jean", "Québec", "G1R 1P8", 6, 5, 5),
    ("qc-02", "Domaine Sainte-Foy", "2825, chemin Sainte-Foy", "Québec", "G1X 1S4", 6, 5, 5),
    ("she-01", "Le Wellington Sud", "95, rue Wellington Sud", "Sherbrooke", "J1H 5E1", 6, 4, 4),
)
GIVEN_NAMES = (
    "Zoé", "Éric", "Amélie", "François", "Océane", "Frédéric", "Chloé", "Jérôme", "Mélanie", "Stéphane", "Noémie",
    "Benoît", "Léa", "Maëlle", "Rémi", "Josée", "Gaël", "Héloïse", "Cédric", "Anaïs", "Étienne", "Marie-Ève",
)  # fmt: skip
FAMILY_NAMES = (
    "Tremblay", "Gagnon", "Côté", "Bouchard", "Gauthier", "Bélanger", "Lévesque", "Pelletier", "Bérubé", "Lefèvre",
    "D'Amours", "Thériault", "Hébert", "Poirier", "Saint-Pierre", "Légaré", "Ménard", "L'Écuyer", "Fréchette",
)  # fmt: skip
CATEGORIES = ("Plumbing", "Electrical", "HVAC", "Service", "Other")
PRIORITIES = ("High", "Med", "Low", "24 hours", "Emergency")
STATUSES = ("Call", "Assessment", "Scheduled", "In Progress", "On Hold", "Work Completed", "Canceled")
CLOSED = frozenset({"Work Completed", "Canceled"})
# brief description (35 characters at most), full description, category, priority
WORK = (
    ("Chauffe-eau qui fuit", "Fuite derrière le réservoir; l'eau est coupée.", "Plumbing", "High"),
    ("Prise électrique défectueuse", "La prise de la cuisine ne fonctionne plus.", "Electrical", "Med"),
    ("Calorifère froid", "Aucun chauffage au salon depuis hier soir.", "HVAC", "Emergency"),
    ("Fenêtre qui ne ferme plus", "Courant d'air dans la chambre, côté nord.", "Other", "Low"),
    ("Évier bouché", "L'eau de l'évier ne s'écoule plus.", "Plumbing", "24 hours"),
    ("Détecteur de fumée à changer", "Il sonne même avec une pile neuve.", "Service", "High"),
)
