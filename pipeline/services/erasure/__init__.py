"""Erasing documents: who may ask, what goes, and what is left to prove that it was here."""
