"""Every damaged, hostile or odd file ends as it should: read, or refused with one sentence that says what to do."""

from pathlib import Path

from fixtures.make.damaged import damaged
from pipeline.errors import DocumentError
from pipeline.ports import ReadLimits
from pipeline.readers.sandbox import SandboxReader

LIMITS = ReadLimits(seconds=4)


def outcome(reader: SandboxReader, path: Path) -> tuple[str, str]:
    try:
        reader.probe(path, LIMITS)
        reader.read(path, LIMITS)
    except DocumentError as error:
        return error.code, str(error)
    return "readable", ""


def test_damaged_files_end_as_they_should(tmp_path: Path) -> None:
    wrong: dict[str, tuple[str, str]] = {}
    with SandboxReader() as reader:
        for file in damaged():
            path = tmp_path / file.name
            path.write_bytes(file.bytes)
            code, sentence = outcome(reader, path)
            says_what_to_do = code == "readable" or any(verb in sentence for verb in ("drop", "Ask"))
            if code not in file.accepted_outcomes or not says_what_to_do:
                wrong[file.name] = (code, sentence)
    assert wrong == {}
