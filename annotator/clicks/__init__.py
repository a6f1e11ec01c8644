"""Click to segment: neural models that turn clicks, strokes and a box into a mask. No Django, no torch."""
