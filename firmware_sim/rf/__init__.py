"""The radio side of a reader: simulated cards, and the field they are held in."""
