"""evaluate: how well documents with known values are read by models that have not seen them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.errors import ConfigurationError
from pipeline.settings import Settings
from workers.commands.known import known_options
from workers.log import keep_to_warnings

if TYPE_CHECKING:
    from pipeline.services.schooling import Report


@click.command()
@known_options
@click.option("--folds", default=5, show_default=True, type=click.IntRange(min=2), help="Parts to divide into.")
@click.option("--train-sizes", metavar="N,N", help="Train on so many documents each time; all if not given.")
@click.option("--seed", default=0, show_default=True, help="How the documents are shuffled.")
@click.option("--apart", is_flag=True, help="Keep documents of one issuer or template in one part.")
@click.pass_context
def evaluate(
    context: click.Context,
    truths: tuple[Path, ...],
    files: Path | None,
    folds: int,
    train_sizes: str | None,
    seed: int,
    apart: bool,
    jobs: int | None,
) -> None:
    """Cross-validate: train on some documents, read the others, and print what was right.

    Each document is read by a model that has not learned from it. Accepted are the values at or above 97 % confidence.
    """
    from pipeline.services.schooling import cross_validate
    from workers.commands import studying

    keep_to_warnings()
    settings: Settings = context.obj
    sizes = _sizes(train_sizes)
    known, types = studying.load(truths, files, settings)
    _check_parts(len(known), folds)
    studied = studying.studied(known, settings, jobs)
    _check_parts(len(studied), folds)
    spread = studying.side_by_side(jobs)
    for size in sizes:
        _print(cross_validate(studied, types, folds=folds, size=size, seed=seed, apart=apart, spread=spread), folds)


def _check_parts(count: int, folds: int) -> None:
    """Check that there are enough documents: before minutes go into reading them, and of those that could be read."""
    from workers.commands.studying import documents

    if count < folds:
        raise ConfigurationError(
            f"{documents(count)} can't be divided into {folds} parts. Give more, or fewer --folds."
        )


def _print(report: "Report", folds: int) -> None:
    click.echo(f"\n{report.documents} documents in {folds} parts, up to {report.size} learned from")
    click.echo(f"{'field':<26}{'n':>6}{'P %':>8}{'R %':>8}{'F1 %':>8}{'wrong':>7}{'missed':>8}")
    for name, tally in (*report.fields.items(), ("all", report.micro)):
        click.echo(
            f"{name:<26}{tally.right + tally.missed:>6}{tally.precision:>8.1%}{tally.recall:>8.1%}{tally.f1:>8.1%}"
            f"{tally.wrong:>7}{tally.missed:>8}"
        )
    ranking = f"{report.ranking:.3f}" if report.ranking is not None else "none wrong"
    share = report.accepted / max(1, report.answers)
    right = report.accepted_right / max(1, report.accepted)
    click.echo(
        f"type right {report.type_accuracy:.1%}; calibration error {report.calibration_error:.3f}, AUROC {ranking}; "
        f"at 97 % confidence {share:.1%} accepted, {right:.2%} of them right"
    )


def _sizes(listed: str | None) -> list[int | None]:
    if listed is None:
        return [None]
    try:
        sizes: list[int | None] = [int(size) for size in listed.split(",")]
    except ValueError:
        sizes = [0]
    if any(size is not None and size < 1 for size in sizes):
        raise ConfigurationError("--train-sizes takes whole numbers separated by commas, such as 10,50,100.")
    return sizes
