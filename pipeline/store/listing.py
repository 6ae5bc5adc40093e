"""What lists sort and search by instead of the values themselves: codes under a key that lies in the vault.

Their key goes as the keys of documents do: after an erasure another generation begins, everything is written anew under
it, and the key of the one before is destroyed. Until that is done, both are read.
"""

import unicodedata
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.store.codes import LAST, SIGNS, OrderCode, beginning, sortable
from pipeline.store.columns import vault_of
from pipeline.store.tables import FileRow, ListCodingRow
from pipeline.store.vault import Vault

SORTED_BYTES = 24
"""Of a text that is sorted by: those that begin with the same are sorted as they came."""
TERM_BYTES = 40
NUMBER_SIGN = "#"
"""What the term of an amount begins with: it is found as a whole or not at all."""


@dataclass(frozen=True)
class Listing:
    """One generation of codes.

    Args:
        generation: its number; 0 writes everything as it is, for databases without a vault.
        code: its coding; None for generation 0.
    """

    generation: int
    code: OrderCode | None

    def order_of(self, text: str | None) -> str | None:
        """Return what a text is sorted by: without case and accents."""
        if not text:
            return None
        plain = unicodedata.normalize("NFKD", text.casefold())
        return self._coded(beginning("".join(sign for sign in plain if not unicodedata.combining(sign)), SORTED_BYTES))

    def order_of_number(self, number: float | None) -> str | None:
        if number is None:
            return None
        content = sortable(number)
        return content.hex() if self.code is None else self._prefix() + self.code.encode(content)

    def term(self, term: str) -> str:
        """Return what a term of `pipeline.domain.terms` is found by."""
        if self.code is not None and term.startswith(NUMBER_SIGN):
            return self.token(term)
        return self._coded(beginning(term, TERM_BYTES))

    def between(self, begins: str) -> tuple[str, str]:
        """Return between which two codes the terms lie that begin so."""
        first = self.term(begins)
        return first, first + (LAST if self.code is not None else "\U0010ffff")

    def token(self, text: str) -> str:
        """Return what tells a text from others; it has no order."""
        return text if self.code is None else f"{self._prefix()}{NUMBER_SIGN}{self.code.token(text.encode())}"

    def _coded(self, content: bytes) -> str:
        return content.decode() if self.code is None else self._prefix() + self.code.encode(content)

    def _prefix(self) -> str:
        """Return two signs that sort as generations do: codes of two of them never meet."""
        return SIGNS[self.generation >> 6 & 63] + SIGNS[self.generation & 63]


def current(session: Session) -> Listing:
    """Return the generation that is written now.

    The first begins with the first thing that is written. So does another where the vault has the newest no more, which
    a restored copy of the database names: lists can be written anew from the values, which have keys of their own.
    """
    row, vault = session.get_one(ListCodingRow, 1), _vault(session)
    if vault is None:
        return Listing(0, None)
    code = vault.find_code(row.newest)
    if code is None:
        code = begin(session, row, vault)
    return Listing(row.newest, code)


def readable(session: Session) -> list[Listing]:
    """Return every generation that something may lie under, the newest first; one whose key is gone finds nothing."""
    newest, oldest = session.execute(select(ListCodingRow.newest, ListCodingRow.oldest)).one()
    vault, found = _vault(session), list[Listing]()
    for generation in range(newest, oldest - 1, -1):
        code = vault.find_code(generation) if vault is not None and generation else None
        if code is not None or not generation:
            found.append(Listing(generation, code))
    return found


def begin(session: Session, row: ListCodingRow, vault: Vault) -> OrderCode:
    """Begin another generation: what is there already is written anew from its first file on."""
    row.newest, code = vault.make_code(row.newest)
    row.done, row.upto = 0, session.scalar(select(func.max(FileRow.id))) or 0
    if not row.upto:
        row.oldest = row.newest
    return code


def _vault(session: Session) -> Vault | None:
    return vault_of(session.get_bind().dialect)
