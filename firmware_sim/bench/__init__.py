"""The bench depth: real edge and gateway processes, unmodified, in a building simulated around them."""
