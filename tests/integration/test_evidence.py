"""An evidence pack convinces a stranger who has nothing else, and nothing in it can be changed."""

import hashlib
import io
import json
import random
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from pipeline.domain.actors import Actor, Role
from pipeline.errors import AccessDeniedError, InvalidCorrectionError
from pipeline.record.keys import SigningKey, introduce
from pipeline.record.manifest import write_manifest
from pipeline.record.verify import Checkpoint, PackCheck, parse_checkpoint
from pipeline.services.exports.filter import ExportFilter
from pipeline.services.views import DocumentView
from tests.desk import Office
from tests.integration.test_audit_verify import approve_one, forge

CASES = 60
Files = dict[str, bytes]


@pytest.fixture
def auditor(office: Office) -> Actor:
    return office.hire("lindqvist", Role.AUDITOR)


@pytest.fixture
def approved(office: Office) -> DocumentView:
    office.reader.picture = page_image()
    return approve_one(office)


def page_image() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((1700, 2200), 90).save(out, "WEBP")
    return out.getvalue()


def pack(office: Office, by: Actor, wanted: ExportFilter | None = None, *, originals: bool = False) -> bytes:
    return b"".join(office.packing.write(wanted or ExportFilter(), originals=originals, by=by))


def opened(content: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def closed(files: Files) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def problems(content: bytes, known: str | None = None, earlier: Checkpoint | None = None) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return PackCheck(archive, known, earlier).export.chain.all_problems()


def key_of(office: Office, by: Actor) -> str:
    return office.checkpointing.list_keys(by=by)[0].key


def test_a_stranger_checks_it_with_the_one_file(
    office: Office, auditor: Actor, approved: DocumentView, tmp_path: Path
) -> None:
    earlier = office.checkpointing.write(by=auditor)
    approve_one(office)
    (tmp_path / "pack.zip").write_bytes(pack(office, auditor, originals=True))
    files = opened((tmp_path / "pack.zip").read_bytes())
    (tmp_path / "verify.py").write_bytes(files["verify.py"])
    (tmp_path / "earlier.json").write_bytes(earlier)

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-S", "verify.py", "pack.zip", *more]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    done = run("--key", key_of(office, auditor), "--checkpoint", "earlier.json")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "The record holds."), done.stdout
    other = run("--key", "0" * 64)
    assert (other.returncode, "does not go back to the key" in other.stdout) == (1, True)


def test_it_holds_what_was_signed_the_print_and_the_file(
    office: Office, auditor: Actor, approved: DocumentView
) -> None:
    files = opened(pack(office, auditor, ExportFilter(documents=(approved.id,)), originals=True))
    rows = [json.loads(line) for line in files["export.jsonl"].splitlines()]
    placed = {row["field"] for row in rows if row["kind"] == "field" and row["boxes"]}
    folder = f"crops/document-{approved.id}-revision-{approved.revision}/"
    assert placed == {name.removeprefix(folder)[:-4] for name in files if name.startswith(folder)}
    assert placed
    with Image.open(io.BytesIO(files[f"{folder}{sorted(placed)[0]}.png"])) as picture:
        assert picture.width > 20
    [original] = [name for name in files if name.startswith("originals/")]
    assert hashlib.sha256(files[original]).hexdigest() == approved.sha256 == original.partition("/")[2]
    assert json.loads(files["missing.json"]) == []
    assert {row["document"] for row in rows if row["kind"] == "event" and row["document"]} == {approved.id}


def test_a_named_document_is_in_it_before_anybody_signed_it(office: Office, auditor: Actor) -> None:
    waiting = office.receive()
    content = pack(office, auditor, ExportFilter(documents=(waiting.id,)))
    rows = [json.loads(line) for line in opened(content)["export.jsonl"].splitlines()]
    assert [row["document"] for row in rows if row["kind"] == "document"] == [waiting.id]
    assert problems(content) == []


def test_what_left_out_stays_out_and_the_rest_is_proved(office: Office, auditor: Actor, approved: DocumentView) -> None:
    secret = next(field.record for field in approved.fields if field.record.name == "gross_total")
    assert isinstance(secret.value, str)
    content = pack(office, auditor, ExportFilter(redact=("gross_total",)))
    assert problems(content, key_of(office, auditor)) == []
    files = opened(content)
    rows = [json.loads(line) for line in files["export.jsonl"].splitlines()]
    [row] = [row for row in rows if row["kind"] == "field" and row["field"] == "gross_total"]
    assert (row["value"], row["machine_text"], row["runners_up"], row["state"]) == (None, None, None, None)
    assert not any("gross_total" in name for name in files)
    shown = files["export.jsonl"].decode()
    assert secret.value not in shown
    assert approved.file_name not in shown
    [kept] = [row for row in rows if row["kind"] == "field" and row["field"] == "invoice_number"]
    assert kept["value"] is not None
    with pytest.raises(InvalidCorrectionError, match="show every field"):
        pack(office, auditor, ExportFilter(redact=("gross_total",)), originals=True)


def test_a_redacted_field_cannot_be_filled_in_again_with_something_else(
    office: Office, auditor: Actor, approved: DocumentView
) -> None:
    files = opened(pack(office, auditor, ExportFilter(redact=("gross_total",))))
    lines = [json.loads(line) for line in files["export.jsonl"].splitlines()]
    for row in lines:
        if row["kind"] == "approval":
            row["record"]["fields"]["gross_total"] = {"value": "1.00", "salt": "00"}
        if row["kind"] == "field" and row["field"] == "gross_total":
            row["value"] = "1.00"
    files["export.jsonl"] = b"".join(
        json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n" for row in lines
    )
    assert any("was changed" in problem for problem in problems(closed(files)))


def test_a_record_made_anew_does_not_continue_the_checkpoint(
    office: Office, auditor: Actor, approved: DocumentView
) -> None:
    before = parse_checkpoint(office.checkpointing.write(by=auditor))
    good = pack(office, auditor)
    assert problems(good, earlier=before) == []
    forged = before._replace(merkle_root="1" * 64)
    [problem] = problems(good, earlier=forged)
    assert "not proved to continue the checkpoint" in problem


def test_pictures_that_can_be_had_no_more_are_listed(office: Office, auditor: Actor, approved: DocumentView) -> None:
    for blob in (office.folder / "blobs").rglob("*"):
        if blob.is_file():
            blob.unlink()
    files = opened(pack(office, auditor, originals=True))
    missing = json.loads(files["missing.json"])
    assert {one.get("file") for one in missing} >= {approved.sha256}
    assert problems(closed(files)) == []


def test_whoever_may_not_see_the_record_gets_no_evidence(office: Office) -> None:
    with pytest.raises(AccessDeniedError):
        office.packing.write(ExportFilter(), by=office.hire("somebody", Role.REVIEWER))


def drop(rng: random.Random, files: Files) -> None:
    del files[rng.choice(sorted(set(files) - {"manifest.json"}))]


def add(rng: random.Random, files: Files) -> None:
    files[f"crops/{rng.randrange(100)}.png"] = b"another"


def flip(rng: random.Random, files: Files) -> None:
    name = rng.choice(sorted(name for name, content in files.items() if content))
    content = bytearray(files[name])
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    files[name] = bytes(content)


def swap(rng: random.Random, files: Files) -> None:
    one, other = rng.sample(sorted(name for name in files if name.startswith("crops/")), 2)
    files[one], files[other] = files[other] + b"\0", files[one]


def replace_crop(rng: random.Random, files: Files) -> None:
    files[rng.choice(sorted(name for name in files if name.startswith("crops/")))] = page_image()


def replace_file(rng: random.Random, files: Files) -> None:
    name = rng.choice(sorted(name for name in files if name.startswith("originals/")))
    content = b"%%PDF %d" % rng.randrange(10**9)
    del files[name]
    files[f"originals/{hashlib.sha256(content).hexdigest()}"] = content


def drop_line(rng: random.Random, files: Files) -> None:
    lines = files["export.jsonl"].splitlines(keepends=True)
    del lines[rng.randrange(len(lines))]
    files["export.jsonl"] = b"".join(lines)


def swap_lines(rng: random.Random, files: Files) -> None:
    lines = files["export.jsonl"].splitlines(keepends=True)
    one, other = rng.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    files["export.jsonl"] = b"".join(lines)


def forge_checkpoint(rng: random.Random, files: Files) -> None:
    said = json.loads(files["checkpoint.json"])
    said["merkle_root"] = f"{rng.randrange(2**256):064x}"
    sign(said)
    files["checkpoint.json"] = json.dumps(said).encode()


def forge_manifest(rng: random.Random, files: Files) -> None:
    """Change the export, and make the whole list anew with a key of one's own."""
    drop_line(rng, files)
    forger = SigningKey.make()
    listed = {name: hashlib.sha256(content).hexdigest() for name, content in files.items() if name != "manifest.json"}
    introduced = introduce(forger, SOME_DAY, 1, None)
    files["manifest.json"] = write_manifest(listed, SOME_DAY, {}, forger, [introduced])


def sign(said: dict[str, object]) -> None:
    forger = SigningKey.make()
    said["keys"] = [introduce(forger, SOME_DAY, 1, None)]
    said["signatures"] = {forger.public: forger.sign(said)}


SOME_DAY = datetime(2026, 3, 10, tzinfo=UTC)
MUTATIONS = (
    drop,
    add,
    flip,
    swap,
    replace_crop,
    replace_file,
    drop_line,
    swap_lines,
    forge_checkpoint,
    forge_manifest,
)


def test_whatever_is_done_to_a_pack_is_found(office: Office, auditor: Actor, approved: DocumentView) -> None:
    content = pack(office, auditor, originals=True)
    known = key_of(office, auditor)
    assert problems(content, known) == []
    untouched = opened(content)
    for case in range(CASES):
        mutate = MUTATIONS[case % len(MUTATIONS)]
        files = dict(untouched)
        mutate(random.Random(case), files)
        assert files != untouched
        assert problems(closed(files), known), f"case {case}, {mutate.__name__}, went unnoticed"


def test_a_record_that_does_not_hold_gives_no_evidence(office: Office, auditor: Actor, approved: DocumentView) -> None:
    forge(office, "UPDATE events SET \"by\" = 'mallory' WHERE seq = 2")
    with pytest.raises(Exception, match="does not hold"):
        pack(office, auditor)
