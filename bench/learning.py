"""How soon a correction makes the next document of its layout better: `python -m bench.learning --documents 20 200`.

An installation is started, documents with known values are brought in, and then one document of a supplier that none of
them has is corrected and signed. The clock runs from the signature to the reading of the next one by a model that has
learned from it. Processor seconds are those of all the installation's processes: on a machine that others use, they say
more than the clock.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from fixtures.make.document import MadeDocument
from fixtures.make.invoices import make_batch, make_invoice
from fixtures.make.sellers import SELLERS
from pipeline.domain.documents import DocumentState
from pipeline.domain.fields import TYPE_FIELD, FieldKind
from pipeline.domain.review import Decision, FieldState, Settlement
from pipeline.services.history import load_known
from tests.e2e.installation import TEST, Installation, installed

SETTINGS = {"PROOFDESK_WORKER_PROCESSES": "1", "PROOFDESK_READ_IMAGES": "false"}
PATIENCE_SECONDS = 3600.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, nargs="+", default=[20])
    asked = parser.parse_args()
    titles = ("documents", "first training s", "training s", "to a better reading s", "processor s")
    print("  ".join(f"{title:>{max(9, len(title))}}" for title in titles))
    for count in asked.documents:
        with installed(SETTINGS) as installation:
            seconds = measure(installation, count)
        cells = [f"{count}", *(f"{each:.1f}" for each in seconds)]
        print("  ".join(f"{cell:>{max(9, len(title))}}" for cell, title in zip(cells, titles, strict=True)), flush=True)


def measure(installation: Installation, count: int) -> tuple[float, float, float, float]:
    """Return what learning costs, in seconds.

    Of the first training, of the one after a signature, from the signature to the new reading, and the processor's
    meanwhile.
    """
    installation.hire("mara")
    championing = installation.services.championing
    bring_in(installation, [made for made in make_batch(count) if made.fields])
    installation.wait_for(
        "a first model", lambda: championing.champion(by=TEST).version is not None, seconds=PATIENCE_SECONDS
    )
    before = championing.champion(by=TEST).version
    seller = SELLERS[-1]
    one, other = (make_invoice(seed, seller=seller) for seed in (9001, 9002))
    for made in (one, other):
        installation.drop(made.name, made.bytes)
    installation.wait_for("both", lambda: len(installation.documents()) == 2 and is_quiet(installation), seconds=300)
    correct(installation, one)
    waiting = installation.documents()[other.name].id
    began, spent = time.monotonic(), processor_seconds(installation)
    sign(installation, one)

    def is_read_anew() -> bool:
        engine = installation.document(waiting).engine or ""
        return "model" in engine and before is not None and before not in engine

    installation.wait_for("a better reading", is_read_anew, seconds=PATIENCE_SECONDS)
    waited, spent = time.monotonic() - began, processor_seconds(installation) - spent
    models = {model.version: model for model in championing.overview(by=TEST).models}
    newest = max(models.values(), key=lambda model: model.created_at)
    return models[before or ""].seconds, newest.seconds, waited, spent


def processor_seconds(installation: Installation) -> float:
    """Return what the installation's processes have used so far, those that ended counted with their parents."""
    ticks = 0
    for pid in installation.processes():
        with suppress(OSError):
            # from the state on: user and system time, then those of children that were waited for; see proc(5)
            figures = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, figures[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def bring_in(installation: Installation, documents: list[MadeDocument]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        truth = Path(folder) / "truth.jsonl"
        with truth.open("w") as lines:
            for made in documents:
                (Path(folder) / made.name).write_bytes(made.bytes)
                entry = {"file": made.name, "document_type": made.document_type, "fields": made.fields}
                lines.write(json.dumps(entry | {"line_items": made.line_items}) + "\n")
        for sentence in installation.services.learning.teach(load_known(truth), by=TEST):
            print(sentence, file=sys.stderr)


def is_quiet(installation: Installation) -> bool:
    under_way = (DocumentState.QUEUED, DocumentState.READING)
    return all(view.state not in under_way for view in installation.documents().values())


def correct(installation: Installation, made: MadeDocument) -> None:
    """Have a person settle every field that has a true value, and the rest as they see it."""
    by = installation.person("mara")
    reviewing = installation.services.reviewing
    view = reviewing.claim(installation.documents()[made.name].id, by=by)
    for field in view.fields:
        name, machine = field.record.name, field.record.machine_value
        wanted = made.fields.get(name)
        is_open = field.record.state is FieldState.OPEN
        if name == TYPE_FIELD or field.spec.kind is FieldKind.TABLE:
            if not is_open:
                continue
            decided = Settlement(field=name, decision=Decision.CONFIRM if machine is not None else Decision.ABSENT)
        elif wanted is None:
            decided = Settlement(field=name, decision=Decision.ABSENT)
        else:
            decided = Settlement(field=name, decision=Decision.CORRECT, value=str(wanted))
        view = reviewing.settle(view.id, decided, by=by, revision=view.revision)
    reviewing.validate(view.id, by=by, revision=view.revision)


def sign(installation: Installation, made: MadeDocument) -> None:
    by = installation.person("mara")
    view = installation.documents()[made.name]
    installation.sign(view.id, by=by)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
