from dataclasses import dataclass

from pipeline.domain.fields import DocumentType
from pipeline.errors import NotFoundError


@dataclass(frozen=True)
class TypeShelf:
    """Every document type the installation knows; the enabled ones are looked for."""

    all: tuple[DocumentType, ...]

    @property
    def enabled(self) -> tuple[DocumentType, ...]:
        return tuple(doctype for doctype in self.all if doctype.enabled)

    def find(self, name: str | None) -> DocumentType | None:
        return next((doctype for doctype in self.all if doctype.name == name), None)

    def get_enabled(self, name: str) -> DocumentType:
        """Return the enabled type called `name`.

        Raises:
            NotFoundError: it does not exist or is switched off.
        """
        doctype = self.find(name)
        if doctype is None or not doctype.enabled:
            known = ", ".join(sorted(each.name for each in self.enabled))
            raise NotFoundError(f"There is no document type “{name}” here. Choose one of: {known}.")
        return doctype
