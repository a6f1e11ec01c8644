"""Contorno's model of the world: pure core, codecs, models, services, selectors, jobs."""
