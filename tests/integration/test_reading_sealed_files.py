"""Sealed files in the confined process: read and shown as if they lay there in plain, and told from damaged ones."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipeline.errors import DamagedFileError, NotAPdfError
from pipeline.ports import ReadLimits
from pipeline.readers.sandbox import SandboxReader
from pipeline.sealed_file import HEADER_BYTES, PIECE, TAG_BYTES, SealedFile, Sealing

DOCUMENTS = Path(__file__).parents[2] / "fixtures" / "documents"
KEY = bytes(range(32))
LIMITS = ReadLimits()


@pytest.fixture(scope="module")
def reader() -> Iterator[SandboxReader]:
    with SandboxReader(images=False) as reader:
        yield reader


def sealed(folder: Path, content: bytes) -> SealedFile:
    place = folder / "abcdefabcdef"
    with place.open("wb") as file:
        sealing = Sealing(file, "ab" * 16, AESGCM(KEY))
        sealing.write(content)
        sealing.finish()
    return SealedFile(place, KEY)


@pytest.mark.parametrize(
    "name",
    ["e-rechnung.pdf", "office-supply-long.pdf", "industriebedarf-fax.tif", "networks-photo.jpg",
     "receipt-cafe-screenshot.png", "damaged/broken-xref.pdf"],
)  # fmt: skip
def test_sealed_file_is_read_and_shown_as_the_plain_one(reader: SandboxReader, tmp_path: Path, name: str) -> None:
    plain = DOCUMENTS / name
    file = sealed(tmp_path, plain.read_bytes())

    assert reader.probe(file, LIMITS) == reader.probe(plain, LIMITS)
    assert reader.read(file, LIMITS) == reader.read(plain, LIMITS)
    assert reader.render(file, 1, 110, LIMITS) == reader.render(plain, 1, 110, LIMITS)


def test_invoice_inside_a_sealed_file_is_found(reader: SandboxReader, tmp_path: Path) -> None:
    assert reader.read(sealed(tmp_path, (DOCUMENTS / "e-rechnung.pdf").read_bytes()), LIMITS).attached is not None


@pytest.mark.parametrize("name", ["atelier-somme.pdf", "networks-photo.jpg"])
def test_damage_to_what_is_stored_is_no_fault_of_the_document(reader: SandboxReader, tmp_path: Path, name: str) -> None:
    content = (DOCUMENTS / name).read_bytes()
    assert len(content) > PIECE, "the first piece is looked at here, and the next only by the process that reads"
    file = sealed(tmp_path, content)
    raw = bytearray(file.path.read_bytes())
    raw[HEADER_BYTES + PIECE + TAG_BYTES + 1] ^= 1
    file.path.write_bytes(raw)

    for ask in (reader.probe, lambda file, limits: reader.render(file, 1, 36, limits)):
        with pytest.raises(DamagedFileError, match="The stored file abcdefabcdef is damaged"):
            ask(file, LIMITS)
    # and the process goes on with others
    assert reader.probe(sealed(tmp_path, content), LIMITS).page_count == 1


def test_sealed_file_is_no_document_by_itself(reader: SandboxReader, tmp_path: Path) -> None:
    with pytest.raises(NotAPdfError):
        reader.probe(sealed(tmp_path, b"%PDF-1.7").path, LIMITS)
