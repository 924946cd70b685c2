"""State machines of doors, lockers and sensors, and the decision on a tap: facts and time in, effects out."""
