"""The sample documents, for a first look: put into the drop folder once for each data folder."""

import shutil
from pathlib import Path

from pipeline.errors import ConfigurationError
from pipeline.settings import Settings

SAMPLES = Path(__file__).parent.parent / "fixtures" / "documents"
_DONE = "demo-fed"


def feed(settings: Settings) -> int:
    """Copy the sample documents into the drop folder; return how many, 0 where that was done before.

    Raises:
        ConfigurationError: this installation came without samples.
    """
    done = settings.data_path / _DONE
    if done.exists():
        return 0
    samples = sorted(path for path in SAMPLES.rglob("*") if path.is_file() and not path.name.startswith("."))
    if not samples:
        raise ConfigurationError("There are no sample documents here. Start --demo from a checkout of the repository.")
    for sample in samples:
        target = settings.drop_path / sample.relative_to(SAMPLES)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(target.name + ".part")
        shutil.copyfile(sample, partial)
        partial.rename(target)
    done.touch()
    return len(samples)
