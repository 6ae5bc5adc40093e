"""`proofdesk up` on settings that don't fit: one sentence that says what to do."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.settings import Settings
from tests.installation import ROOT, Installation, free_port
from workers import up


@pytest.fixture
def house() -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="pd-") as folder:
        made = Installation(Path(folder), {"PROOFDESK_PORT": str(free_port())})
        yield made
        made.close()


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("PROOFDESK_ENABLED_TYPES", "invoyce", "There is no document type 'invoyce'"),
        ("PROOFDESK_EXTRA_TYPES", "nowhere", "does not exist: create it"),
        ("PROOFDESK_DROP", "/dev/null", "set PROOFDESK_DROP to another folder"),
        ("PROOFDESK_OUT", "/dev/null/out", "set PROOFDESK_OUT to another folder"),
        ("PROOFDESK_DATA", "/dev/null", "set PROOFDESK_DATA to another folder"),
        ("PROOFDESK_HOST", "256.1.1.1", "Set PROOFDESK_HOST and PROOFDESK_PORT anew"),
        ("REDIS_URL", "localhost", "REDIS_URL cannot be used"),
        ("DATABASE_URL", "mysql://localhost/desk", "DATABASE_URL cannot be used"),
        ("DATABASE_URL", "postgresql://me:hunter2@127.0.0.1:1/desk", "Check that it is running"),
    ],
)
def test_setting_that_does_not_fit_is_refused_in_one_sentence_before_anything_starts(
    house: Installation, variable: str, value: str, sentence: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workers.cli", "up"],
        cwd=ROOT,
        env={**house.environment, variable: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("proofdesk: ")
    assert sentence in line
    assert "hunter2" not in line
    assert done.stdout == ""


def test_what_is_closed_or_silent_is_said_when_all_else_has_started(tmp_path: Path) -> None:
    there = Settings(data=tmp_path, redis_url="redis://127.0.0.1:1")
    for folder in (there.drop_path, there.out_path):
        folder.mkdir()
    [silent] = up.troubles(there)
    assert "check that REDIS_URL is right" in silent

    away = Settings(data=tmp_path, drop=tmp_path / "unmounted", out=tmp_path / "gone")
    drop, out = up.troubles(away)
    assert "Nothing can be taken from" in drop
    assert "Nothing can be delivered to" in out


def test_start_on_a_full_disk_is_refused_in_one_sentence(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    up.check_room(settings, 100 * 1024**2)
    with pytest.raises(ConfigurationError, match=r"is full\. Make room on it"):
        up.check_room(settings, 4096)
