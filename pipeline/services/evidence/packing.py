import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select

from pipeline.domain.actors import Act, Actor
from pipeline.domain.audit import AuditTag
from pipeline.domain.geometry import BoundingBox
from pipeline.errors import InvalidCorrectionError, PipelineError
from pipeline.ports import Clock
from pipeline.record import verify as verifier
from pipeline.record.canonical import canonical_json
from pipeline.record.manifest import write_manifest
from pipeline.record.merkle import MerkleProofs
from pipeline.record.verify import mapping, parse_checkpoint, sha256_hex
from pipeline.services import access, visible
from pipeline.services.auditing import Auditing
from pipeline.services.checkpointing import Checkpointing
from pipeline.services.entries import entry
from pipeline.services.evidence.crops import DPI, crop
from pipeline.services.evidence.readme import README
from pipeline.services.evidence.report import Cover, write_report
from pipeline.services.evidence.reported import Reported
from pipeline.services.exports.filter import ExportFilter, ExportFormat
from pipeline.services.pages import Pages
from pipeline.store import events
from pipeline.store.engine import Store
from pipeline.store.tables import EventRow

CHUNK = 64 * 1024
BATCH = 5_000
_BOXES = TypeAdapter(tuple[BoundingBox, ...])


@dataclass(frozen=True)
class Packing:
    """Evidence packs: one ZIP that proves what was signed, to somebody who has nothing else."""

    store: Store
    clock: Clock
    auditing: Auditing
    checkpointing: Checkpointing
    pages: Pages

    def write(self, wanted: ExportFilter, *, originals: bool = False, by: Actor) -> Iterator[bytes]:
        """Return the pack as an iterator of bytes; it is made in a temporary file first.

        It holds the export as JSON lines, the print of each field, a signed checkpoint with proofs that each event is
        under it and that it continues every checkpoint before it, verify.py, and a signed list of all that.

        Args:
            wanted: what it is about, and which fields are left out of it.
            originals: whether the files themselves come along.
            by: who asks.

        Raises:
            InvalidCorrectionError: files can't be redacted, so they can't come along where fields are left out.
            RecordBrokenError: the record does not hold.
        """
        access.check_may(by, Act.AUDIT)
        if originals and wanted.redact:
            raise InvalidCorrectionError(
                "The original files show every field. Take the evidence without them, or leave no field out."
            )
        sight = visible.sight_of(by, self.auditing.types)
        return self._write(wanted.model_copy(update={"sight": sight}), originals, by)

    def _write(self, wanted: ExportFilter, originals: bool, by: Actor) -> Iterator[bytes]:
        checkpoint = self.checkpointing.write(by=by)
        with tempfile.TemporaryFile() as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                pack = _Pack(archive)
                pack.add("verify.py", Path(verifier.__file__).read_bytes())
                pack.add("README.txt", README.encode())
                pack.add("checkpoint.json", checkpoint)
                self._add_stamps(pack, checkpoint, by)
                self._add_export(pack, wanted, by)
                self._add_proofs(pack, checkpoint)
                missing = self._add_pictures(pack, by)
                self._add_report(pack, checkpoint, by)
                if originals:
                    missing += self._add_originals(pack, by)
                pack.add("missing.json", canonical_json(missing).encode())
                said = {"by": by.name, "by_name": by.display_name, "filters": wanted.shown(), "originals": originals}
                keys = self.checkpointing.keys
                manifest = write_manifest(
                    pack.files, self.clock.now(), said, self.checkpointing.signing_key(by=by), keys.statements()
                )
                archive.writestr("manifest.json", manifest)
            self._record(manifest, pack, by)
            file.seek(0)
            while chunk := file.read(CHUNK):
                yield chunk

    def _record(self, manifest: bytes, pack: "_Pack", by: Actor) -> None:
        """Put the list of what the pack holds on record, before its first byte leaves."""
        facts = {"format": "pack", "sha256": sha256_hex(manifest), "files": len(pack.files)}
        with self.store.writing() as session:
            events.append(session, entry(AuditTag.EXPORT_WRITE, by, self.clock.now(), facts=facts))

    def _add_report(self, pack: "_Pack", checkpoint: bytes, by: Actor) -> None:
        """Add the readable report over what the export holds."""
        keys = self.checkpointing.list_keys(by=by)
        cover = Cover(
            at=self.clock.now(),
            checkpoint_seq=parse_checkpoint(checkpoint).seq,
            checkpoint_sha256=sha256_hex(checkpoint),
            stamped="checkpoint.tsr" in pack.files,
            key=keys[-1].key,
            first_key=keys[0].key,
        )
        pack.add("report.pdf", write_report(pack.reported, cover, self.auditing.types))

    def _add_stamps(self, pack: "_Pack", checkpoint: bytes, by: Actor) -> None:
        """Add the time-stamp of this checkpoint, where its authority answers, and those of earlier ones."""
        stamp = self.checkpointing.stamp(checkpoint, by=by)
        if stamp is not None:
            pack.add("checkpoint.tsr", stamp)
        own, made_at = sha256_hex(checkpoint), parse_checkpoint(checkpoint).at
        for earlier in self.checkpointing.list_stamped(by=by):
            if earlier.sha256 != own and parse_checkpoint(earlier.content).at <= made_at and earlier.seq > 0:
                name = f"timestamps/{earlier.seq}-{earlier.sha256[:12]}"
                pack.add(f"{name}.json", earlier.content)
                pack.add(f"{name}.tsr", earlier.stamp)

    def _add_export(self, pack: "_Pack", wanted: ExportFilter, by: Actor) -> None:
        with pack.open("export.jsonl") as out:
            held = b""
            for piece in self.auditing.export(ExportFormat.JSONL, wanted, by=by):
                out.write(piece)
                *lines, held = (held + piece).split(b"\n")
                for line in lines:
                    pack.note(json.loads(line))

    def _add_proofs(self, pack: "_Pack", checkpoint: bytes) -> None:
        """Prove each event that the checkpoint covers, and that it continues each one made before it."""
        last = parse_checkpoint(checkpoint).seq
        with self.store.reading() as session:
            hashes = session.scalars(
                select(EventRow.hash)
                .where(EventRow.seq <= last)
                .order_by(EventRow.seq)
                .execution_options(yield_per=5000)
            )
            tree = MerkleProofs(hashes)
            made = session.scalars(
                select(EventRow.text).where(EventRow.tag == AuditTag.EXPORT_WRITE, EventRow.seq <= last)
            )
            facts = [mapping(mapping(json.loads(text)).get("facts")) for text in made]
        earlier = {one["head"] for one in facts if one.get("format") == "checkpoint" and 0 < one["head"] <= last}
        with pack.open("proofs.jsonl") as out:
            for seq in pack.events:
                if seq <= last:
                    out.write(canonical_json({"seq": seq, "path": tree.inclusion(seq)}).encode() + b"\n")
            for seq in sorted(earlier):
                out.write(canonical_json({"checkpoint": seq, "path": tree.consistency(seq)}).encode() + b"\n")

    def _add_pictures(self, pack: "_Pack", by: Actor) -> list[dict[str, Any]]:
        """Add the print of each field that was read off a page; return those that can't be shown any more."""
        missing: list[dict[str, Any]] = []
        at: tuple[int, int] | None = None
        page = b""
        for row in pack.fields:
            place = (row["document"], row["page"])
            try:
                if place != at:
                    page, at = self.pages.image(*place, by=by, dpi=DPI), place
                picture = crop(page, _BOXES.validate_python(row["boxes"]))
            except (PipelineError, OSError, ValidationError, ValueError) as error:
                at = None
                missing.append({"document": row["document"], "field": row["field"], "why": type(error).__name__})
                continue
            if picture is not None:
                pack.add(f"crops/document-{row['document']}-revision-{row['revision']}/{row['field']}.png", picture)
                pack.reported.keep(row["document"], row["revision"], row["field"], picture)
        return missing

    def _add_originals(self, pack: "_Pack", by: Actor) -> list[dict[str, Any]]:
        missing: list[dict[str, Any]] = []
        for document, sha256 in sorted(pack.originals.items()):
            try:
                with self.pages.original(document, by=by).stream as stream:
                    content = stream.read()
            except (PipelineError, OSError) as error:
                missing.append({"document": document, "file": sha256, "why": type(error).__name__})
                continue
            if f"originals/{sha256}" not in pack.files:
                pack.add(f"originals/{sha256}", content)
        return missing


@dataclass
class _Pack:
    """The archive as it grows: the hash of each file in it, and what its export told of."""

    archive: zipfile.ZipFile
    files: dict[str, str] = field(default_factory=dict[str, str])
    events: list[int] = field(default_factory=list[int])
    fields: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Those with a place on a page, each as its document, revision, name, page and boxes."""
    originals: dict[int, str] = field(default_factory=dict[int, str])
    reported: Reported = field(default_factory=Reported)

    def add(self, name: str, content: bytes) -> None:
        self.files[name] = hashlib.sha256(content).hexdigest()
        self.archive.writestr(name, content)

    def open(self, name: str) -> "_Entry":
        return _Entry(self, name, self.archive.open(name, "w"))

    def note(self, row: dict[str, Any]) -> None:
        self.reported.note(row)
        match row.get("kind"):
            case "event":
                self.events.append(row["seq"])
            case "field" if row.get("page") and row.get("boxes") and row.get("state") is not None:
                self.fields.append({name: row[name] for name in ("document", "revision", "field", "page", "boxes")})
            case "approval" | "document" if row.get("file_sha256"):
                self.originals[row["document"]] = row["file_sha256"]
            case _:
                pass


class _Entry(io.RawIOBase):
    """A file of the archive that is written piece by piece, and hashed meanwhile."""

    def __init__(self, pack: _Pack, name: str, out: IO[bytes]) -> None:
        self._pack, self._name, self._out, self._digest = pack, name, out, hashlib.sha256()

    def write(self, content: bytes) -> int:  # type: ignore[override] - bytes are all that is written here
        self._digest.update(content)
        return self._out.write(content)

    def close(self) -> None:
        if not self.closed:
            self._out.close()
            self._pack.files[self._name] = self._digest.hexdigest()
        super().close()
