"""The wires of a building: pins that a door's software reads and drives, seen from the other end."""
