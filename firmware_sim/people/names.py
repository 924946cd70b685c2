"""First and last names, common in France, put together by chance: whoever comes out is nobody."""

import random
from typing import Final

FIRST: Final = (
    "Adèle", "Adrien", "Agathe", "Alice", "Amina", "Antoine", "Aurélie", "Baptiste", "Bastien", "Camille",
    "Chloé", "Clara", "Clément", "Damien", "Diane", "Élodie", "Émile", "Emma", "Fatou", "Florent",
    "Gabriel", "Gaëlle", "Hugo", "Inès", "Jeanne", "Jules", "Karim", "Laure", "Léa", "Léo",
    "Lina", "Louise", "Lucas", "Maël", "Malik", "Manon", "Marius", "Mathilde", "Nadia", "Nathan",
    "Nina", "Noé", "Océane", "Olivier", "Paul", "Pauline", "Quentin", "Rachel", "Raphaël", "Romane",
    "Sacha", "Salomé", "Samir", "Simon", "Sofia", "Théo", "Thomas", "Valentin", "Yasmine", "Zoé",
)  # fmt: skip

LAST: Final = (
    "Aubert", "Barbier", "Benali", "Bernard", "Blanchard", "Bonnet", "Boucher", "Brunet", "Caron",
    "Chevalier", "Colin", "Cordier", "Da Silva", "Delattre", "Deschamps", "Diallo", "Dubois", "Dufour",
    "Dumas", "Fabre", "Faure", "Ferrand", "Fontaine", "Fournier", "Garnier", "Gauthier", "Girard",
    "Guérin", "Hamel", "Haddad", "Jacquet", "Joly", "Lambert", "Laurent", "Leclerc", "Lefèvre",
    "Lemoine", "Leroux", "Mallet", "Marchand", "Martin", "Masson", "Mercier", "Meunier", "Moreau",
    "Nguyen", "Noël", "Olivier", "Paris", "Perrin", "Picard", "Poirier", "Renaud", "Rey",
    "Robin", "Rousseau", "Roy", "Simon", "Traoré", "Vidal",
)  # fmt: skip


def full_name(rng: random.Random) -> str:
    """Draw a first and a last name."""
    return f"{rng.choice(FIRST)} {rng.choice(LAST)}"
