"""Exports of the record: what is selected, its rows and columns, and the formats they are written in."""
