"""How far a person sees: which document types, and which folders that files came in."""

import unicodedata
from collections.abc import Mapping
from pathlib import PurePosixPath

from pipeline.domain.value import Frozen
from pipeline.errors import InvalidCorrectionError

FOLDER_LONGEST = 255
"""Characters that are kept of a folder; longer ones are cut, which leaves the beginnings that groups list."""
LISTED_LONGEST = 200
"""Characters of a folder that a group lists: with its "/" it always fits into what is kept."""


class Allowance(Frozen):
    """What one group lets its members see."""

    types: frozenset[str] = frozenset()
    """Names of document types, each with its variants; none: all, those not known yet too."""
    folders: frozenset[str] = frozenset()
    """Folders with all that is below them; none: all."""

    def fits(self, type_name: str | None, folder: str) -> bool:
        if self.types and type_name not in self.types:
            return False
        return not self.folders or any(folder == one or folder.startswith(f"{one}/") for one in self.folders)


class Sight(Frozen):
    """What somebody sees: all that any one of their groups allows."""

    allowances: tuple[Allowance, ...] | None = None
    """None: everything, as for the machine and for whoever is in no group."""

    @property
    def is_limited(self) -> bool:
        return self.allowances is not None

    def fits(self, type_name: str | None, folder: str) -> bool:
        """Return whether a document is seen.

        Args:
            type_name: its type; None: not known yet, which only a group fits that lists no types.
            folder: the one that its file came in, as `folder_of` gives it.
        """
        return self.allowances is None or any(one.fits(type_name, folder) for one in self.allowances)

    def with_variants(self, parents: Mapping[str, str]) -> "Sight":
        """Return the sight with the variants of each type that it names.

        Args:
            parents: each variant's name to that of its type.
        """
        if self.allowances is None:
            return self
        return Sight(
            allowances=tuple(
                one.model_copy(
                    update={"types": one.types | {name for name, parent in parents.items() if parent in one.types}}
                )
                for one in self.allowances
            )
        )


EVERYTHING = Sight()


def folder_of(name: str) -> str:
    """Return the folder of a file's name, "" where it lay in none; composed, as people type it.

    Disks of other makers hand "ü" over in two characters; the folder that a group lists has one.
    """
    return unicodedata.normalize("NFC", name).rpartition("/")[0][:FOLDER_LONGEST]


def listed_folder(text: str) -> str:
    """Return a folder as a group lists it: composed, with "/" between its parts alone.

    Raises:
        InvalidCorrectionError: it is none, leads out of the drop folder, or is too long.
    """
    composed = unicodedata.normalize("NFC", text).strip()
    parts = PurePosixPath(composed.strip("/")).parts
    if not parts or ".." in parts or not composed.isprintable():
        raise InvalidCorrectionError(
            f"“{text.strip()}” is no folder inside the drop folder. Write it as customers/acme, without “..”."
        )
    folder = "/".join(parts)
    if len(folder) > LISTED_LONGEST:
        raise InvalidCorrectionError(f"A group's folder has at most {LISTED_LONGEST} characters. List one above it.")
    return folder
