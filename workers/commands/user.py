"""user add, list, reset: accounts from the command line."""

import json

import click

from pipeline.domain.actors import Role
from pipeline.errors import NotFoundError
from pipeline.settings import Settings
from workers.commands.opened import CLI, opened


@click.group()
def user() -> None:
    """Look after accounts."""


@user.command()
@click.argument("name")
@click.option("--display-name", default="", help="The name shown to colleagues and in the record; NAME if not given.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([role.value for role in Role]),
    help="What the person may do; give it more than once for more roles.",
)
@click.option(
    "--group",
    "groups",
    multiple=True,
    help="A group that limits what the person sees; give it more than once for more groups. None: they see everything.",
)
@click.pass_obj
def add(settings: Settings, name: str, display_name: str, roles: tuple[str, ...], groups: tuple[str, ...]) -> None:
    """Create the account NAME and print its one-time password.

    \b
    reviewer       settles exceptions
    approver       signs, or returns
    auditor        reads and exports the record
    administrator  changes people and policy
    """  # noqa: D301 - click takes this very character for "leave the lines alone"
    with opened(settings) as services:
        known = {group.name: group.id for group in services.grouping.list_groups(by=CLI)}
        if unknown := [group for group in groups if group not in known]:
            raise NotFoundError(f"There is no group called {unknown[0]}. Make it under Administration, Groups.")
        password = services.accounts.add(name, display_name or name, [Role(role) for role in roles], by=CLI)
        # before anybody knows the password: without a group the person would see everything
        added = next(person for person in services.accounts.list_people(by=CLI) if person.name == name.strip())
        services.grouping.set_groups(added.id, [known[group] for group in groups], by=CLI)
    click.echo(password)
    click.echo(f"This is {name}'s one-time password; it is shown only now.", err=True)


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of a table.")
@click.pass_obj
def list_(settings: Settings, as_json: bool) -> None:
    """List all accounts with their roles."""
    with opened(settings) as services:
        people = services.accounts.list_people(by=CLI)
    if as_json:
        click.echo(json.dumps([person.model_dump(mode="json") for person in people], ensure_ascii=False))
        return
    width = max((len(person.name) for person in people), default=0)
    for person in people:
        roles = ", ".join(role.value for role in person.roles)
        limits = "  in " + ", ".join(group for _, group in person.groups) if person.groups else ""
        state = limits + ("" if person.active else "  (closed)")
        click.echo(f"{person.name:<{width}}  {roles}{state}")


@user.command()
@click.argument("name")
@click.pass_obj
def reset(settings: Settings, name: str) -> None:
    """Give the account NAME a new one-time password, print it, and end its sessions."""
    with opened(settings) as services:
        people = services.accounts.list_people(by=CLI)
        person = next((person for person in people if person.name == name), None)
        if person is None:
            raise NotFoundError(f"There is no account called {name}. See `proofdesk user list`.")
        password = services.accounts.reset_password(person.id, by=CLI)
    click.echo(password)
    click.echo(f"This is {name}'s one-time password; it is shown only now.", err=True)
