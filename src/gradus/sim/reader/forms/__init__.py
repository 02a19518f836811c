"""Filling forms: what a schema allows, what its fields mean, what a text has for them, and how that goes wrong."""
