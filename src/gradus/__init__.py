"""Gradus: a flight simulator for AI engineers."""
