"""Which label of which field stands where: one look-up for all fields, so that longer labels beat shorter ones."""

from dataclasses import dataclass
from functools import lru_cache

from pipeline.domain.fields import DocumentType, FieldKind, FieldSpec
from pipeline.extraction.layout import Layout, Segment
from pipeline.normalise.words import label_words, squeeze

LABEL_WORDS_MAX = 8
_FUNCTION_WORDS = "an;au;bis zum;de;del;den;du;from;le;of;to;until;vom;von;à;aan;netto;net;ht;ttc"
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split(";"))
FUNCTION_WEIGHT = 0.3
"""Words that stand before many things: they speak for a field only where other evidence agrees."""
WORDS_MAX = 40
"""Words of one segment that are searched for labels."""
NEGATIVE = ""

_STOPS = """
phone;telephone;tel;fax;telefax;mobile;telefon;fon;email;e mail;mail;web;website;internet;www;page;seite;bic;swift;
swift code;blz;kontonummer;konto nr;kto nr;sort code;hrb;hra;handelsregister;amtsgericht;geschäftsführer;
geschäftsführung;steuernummer;steuer nr;tax number;register court;managing director;ceo;siret;siren;rcs;capital;ape;
naf;gln;ean;gtin;art nr;artikelnummer;artikel nr;item no;article no;sku;kundennummer;kunden nr;customer number;
customer no;client no;n client;code client;kundenreferenz;ansprechpartner;contact;contact person;bearbeiter;
sachbearbeiter;your reference;ihr zeichen;unser zeichen;our reference;votre référence;référence client;reference;
referenz;delivery note;lieferschein;bon de livraison;bank;bank name;account holder;kontoinhaber;titulaire;project;
projekt;projet;payment terms;zahlungsbedingungen;conditions de paiement;payment method;zahlungsart;versandart;
shipping method;mode de règlement;salesperson;verwendungszweck;payment reference;mandate reference;mandatsreferenz;
gläubiger id;creditor id;duns;leitweg id;buyer reference;referenz des käufers
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a label says: the field it speaks for (`NEGATIVE`: none of this type's) and how much it tells."""

    field: str
    weight: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A label found in a segment: words `start` up to `end` of it."""

    start: int
    end: int
    entries: tuple[Entry, ...]
    size: int
    """Letters, for choosing the longest."""

    def weight_for(self, name: str) -> float:
        """Return how much the label speaks for the field; 0 where it speaks for something else."""
        weight = 0.0
        for entry in self.entries:
            if entry.field == name and entry.weight > weight:
                weight = entry.weight
        return weight


class LabelIndex:
    """All labels of a document type, ready to be found in running words."""

    def __init__(self, doctype: DocumentType) -> None:
        self._exact: dict[str, list[Entry]] = {}
        self._beginnings: set[str] = set()
        self._suffix: list[tuple[str, str, Entry]] = []
        self._tails: tuple[str, ...] = ()
        """The first words of those."""
        self._hits: dict[int, tuple[Segment, tuple[Hit, ...]]] = {}
        self._labelled: tuple[Layout, list[tuple[Segment, tuple[Hit, ...]]]] | None = None
        self.money = frozenset(spec.name for spec in doctype.fields if spec.kind is FieldKind.MONEY)
        for spec in doctype.fields:
            if not spec.columns:
                self._add_field(spec)
        for phrase in _STOPS.replace("\n", " ").split(";"):
            self._add(phrase, Entry(NEGATIVE, 0.3), only_new=True)

    def _add_field(self, spec: FieldSpec) -> None:
        for phrases in spec.labels.values():
            for rank, phrase in enumerate(phrases):
                weight = FUNCTION_WEIGHT if phrase in FUNCTION_WORDS else weight_at(rank)
                self._add(phrase, Entry(spec.name, weight))
        for phrase in spec.not_labels:
            self._add(phrase, Entry(NEGATIVE, 1.0), only_new=True)

    def _add(self, phrase: str, entry: Entry, only_new: bool = False) -> None:
        words = label_words(phrase.removeprefix("*"))
        if not words:
            return
        if phrase.startswith("*"):
            self._suffix.append((words[0], squeeze(words[1:]), entry))
            self._tails = tuple({tail for tail, _, _ in self._suffix})
            return
        whole = squeeze(words)
        self._beginnings.update(whole[:end] for end in range(1, len(whole) + 1))
        entries = self._exact.setdefault(whole, [])
        if only_new and any(e.field != NEGATIVE for e in entries):
            return
        entries.append(entry)

    def hits(self, segment: Segment) -> tuple[Hit, ...]:
        """Return the labels in a segment from left to right, the longest where they overlap."""
        kept = self._hits.get(id(segment))
        if kept is None or kept[0] is not segment:
            kept = (segment, self._find(tuple(word for word, _ in segment.words[:WORDS_MAX])))
            self._hits[id(segment)] = kept
        return kept[1]

    def labelled(self, layout: Layout) -> list[tuple[Segment, tuple[Hit, ...]]]:
        """Return the segments of a document that have labels, with them: every field's rules go through these."""
        if self._labelled is None or self._labelled[0] is not layout:
            self._labelled = (layout, [(segment, hits) for segment in layout.segments if (hits := self.hits(segment))])
        return self._labelled[1]

    def fresh(self) -> "LabelIndex":
        """Return an index with the same labels for another document: what is remembered belongs to one."""
        copy = LabelIndex.__new__(LabelIndex)
        copy._exact, copy._beginnings, copy._suffix = self._exact, self._beginnings, self._suffix
        copy._tails = self._tails
        copy.money, copy._hits, copy._labelled = self.money, {}, None
        return copy

    def find(self, words: tuple[str, ...]) -> tuple[Hit, ...]:
        """Return the labels in running words."""
        return self._find(words[:WORDS_MAX])

    def _find(self, words: tuple[str, ...]) -> tuple[Hit, ...]:
        found: list[Hit] = []
        for start, head in enumerate(words):
            ends: list[tuple[str, str, Entry]] = []
            if head.endswith(self._tails):
                ends = [each for each in self._suffix if len(head) > len(each[0]) and head.endswith(each[0])]
            elif head not in self._beginnings:
                continue  # most words begin no label
            joined = ""
            for end in range(start + 1, min(len(words), start + LABEL_WORDS_MAX) + 1):
                joined += words[end - 1]
                if joined in self._beginnings:
                    entries = self._exact.get(joined)
                    if entries:
                        found.append(Hit(start, end, tuple(entries), len(joined) * 2 + (end - start)))
                elif not ends:
                    break  # no label goes on like this
                for first, rest, entry in ends:
                    if joined[len(head) :] == rest:
                        found.append(Hit(start, end, (entry,), (len(first) + len(rest)) * 2))
        if len(found) < 2:
            return tuple(found)
        found.sort(key=lambda hit: (-hit.size, hit.start))
        kept: list[Hit] = []
        for hit in found:
            if all(hit.end <= other.start or hit.start >= other.end for other in kept):
                kept.append(hit)
        return tuple(sorted(kept, key=lambda hit: hit.start))


@lru_cache(maxsize=256)
def weight_at(rank: int) -> float:
    """Return how telling the label at `rank` of its language is: definitions list the most telling first."""
    return max(0.55, 1.0 - 0.025 * rank)
