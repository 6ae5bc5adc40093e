"""audit export, verify, checkpoint: the record on the command line."""

import click


@click.group()
def audit() -> None:
    """Export the record, and check that nobody changed it."""
