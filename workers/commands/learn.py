"""learn: train a model on documents whose values are known."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.settings import Settings
from workers.commands.known import known_options
from workers.commands.opened import CLI, opened
from workers.log import keep_to_errors, keep_to_warnings

if TYPE_CHECKING:
    from pipeline.domain.fields import DocumentType
    from pipeline.services.history import Known

_SOME_UNREADABLE = 1


@click.command()
@known_options
@click.option(
    "--model",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the model to this folder, without server and database; otherwise the installation learns.",
)
@click.pass_context
def learn(
    context: click.Context, truths: tuple[Path, ...], files: Path | None, model: Path | None, jobs: int | None
) -> None:
    """Learn from documents whose values you already have.

    A line of a .jsonl truth file is one document:

    \b
      {"file": "files/a.pdf", "document_type": "invoice",
       "fields": {"invoice_number": "471", "due_date": null}, "line_items": [...]}

    A value must be what the document says, null says that it has none, and a field that is not listed teaches
    nothing. In a .csv the columns are file, document_type and the fields; an empty cell teaches nothing. The same
    documents always make the same model. With --model, read with it: proofdesk extract --model DIR FILES. Without,
    the documents are kept in this installation as history that teaches and never comes up for review.
    """  # noqa: D301 - click takes this very character for "leave the lines alone"
    from workers.commands import studying

    keep_to_warnings()
    settings: Settings = context.obj
    known, types = studying.load(truths, files, settings)
    if model is None:
        _teach(context, settings, known)
    else:
        _train(known, types, settings, model, jobs)


def _teach(context: click.Context, settings: Settings, known: "Sequence[Known]") -> None:
    """Bring the documents into the installation, whose worker for learning then trains."""
    # that nobody hears the ring is said below, with what to do
    keep_to_errors()
    with opened(settings) as services:
        refused = services.learning.teach(known, by=CLI)
        _, parts = services.health.ready()
    for sentence in refused:
        click.echo(sentence, err=True)
    count = len(known) - len(refused)
    kept = "1 document is" if count == 1 else f"{count} documents are"
    click.echo(f"{kept} history now; the Learning page tells what that teaches.")
    if not settings.learn:
        click.echo("Learning is switched off here: unset PROOFDESK_LEARN, and restart, for it to teach anything.")
    elif parts["queue"] != "ok":
        click.echo("Nothing trains at the moment: start Proofdesk with `proofdesk up`, and it trains by itself.")
    if refused:
        context.exit(_SOME_UNREADABLE)


def _train(
    known: "Sequence[Known]", types: "Mapping[str, DocumentType]", settings: Settings, model: Path, jobs: int | None
) -> None:
    from pipeline import assembly
    from pipeline.extraction.learned.training import train
    from workers.commands import studying

    studied = studying.studied(known, settings, jobs)
    trained = train(studied, types, spread=studying.side_by_side(jobs))
    place = assembly.keep_model(trained, model)
    click.echo(f"Learned from {studying.documents(len(studied))}: model {trained.version} in {place}.")
    for name, knowledge in sorted(trained.types.items()):
        click.echo(f"  {name}: {studying.documents(knowledge.documents)}")
        for field in (*knowledge.fields, *knowledge.lists):
            held = [one for one in knowledge.held if one.field == field]
            right = sum(one.right for one in held) / len(held) if held else 0.0
            threshold = knowledge.thresholds[field]
            stated = (
                f"threshold {threshold.value:.3f}"
                if threshold.value is not None
                else f"about {studying.documents(threshold.missing, 'more ')} for a threshold of its own"
            )
            click.echo(f"    {field:<24} {right:6.1%} of {len(held)} right when held out; {stated}")
