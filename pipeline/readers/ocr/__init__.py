"""Optical reading: page images to words, by one confined process a machine."""
