"""Evidence packs: what a stranger needs to check what was signed, in one file."""
