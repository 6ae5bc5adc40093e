"""Names: by their labels, under a heading, in the letterhead and in the address window."""

import re
from collections import Counter
from functools import cached_property

from pipeline.domain.fields import DocumentType, FieldSpec, Place
from pipeline.extraction.blocks import (
    CONTACT,
    LEGAL_FORM,
    POSTAL,
    SEPARATORS,
    STREET,
    Block,
    blocks_of,
    is_name,
    name_key,
)
from pipeline.extraction.finds import Find, span_at
from pipeline.extraction.labels import FUNCTION_WEIGHT, Hit, LabelIndex
from pipeline.extraction.layout import Layout, Segment, Span
from pipeline.normalise.reading import Reading
from pipeline.normalise.words import fold, label_words, single_blanks

_NAME_LABELS = frozenset(
    (
        "name",
        "firma",
        "company",
        "companyname",
        "nom",
        "raisonsociale",
        "firmenname",
        "unternehmen",
        "nome",
        "nombre",
        "naam",
    )
)
_DOMAIN = re.compile(r"(?i)(?:@|www\.|https?://(?:www\.)?)([a-z0-9-]{3,})\.[a-z]{2,}")
_TITLE_WORDS = re.compile(
    r"(?i)rechnung|invoice|facture|gutschrift|credit note|bestellung|purchase order|receipt|quittung|lieferschein|"
    r"seite \d|page \d|fattura|factura|bon de commande|^avoir\b"
)
_SALUTATION = re.compile(
    r"(?i)^(?:firma|fa\.|an(?: die| den)?|herrn?|frau|mr\.?|mrs\.?|ms\.?|m\.|mme|monsieur|madame|attn\.?:?|"
    r"z\.\s?hd\.?)\s+"
)


_STATE_FIRST = re.compile(r"^[A-Z]{2} \d{5}")


class Parties:
    """All names of a document with what speaks for each as the issuer or the addressee."""

    def __init__(self, layout: Layout, doctype: DocumentType, index: LabelIndex) -> None:
        self.layout = layout
        self.index = index
        self.specs = [spec for spec in doctype.fields if spec.kind.value == "name"]

    # What only letterheads and address windows are judged by: many types ask for neither.

    @cached_property
    def blocks(self) -> list[Block]:
        return blocks_of(self.layout)

    @cached_property
    def domains(self) -> set[str]:
        texts = (segment.text for segment in self.layout.segments)
        return {m.group(1).lower().replace("-", "") for text in texts for m in _DOMAIN.finditer(text)}

    @cached_property
    def counts(self) -> Counter[str]:
        return Counter(name_key(s.text) for s in self.layout.segments[:6000] if len(s.text) < 90)

    @cached_property
    def _block_of(self) -> dict[int, Block]:
        return {id(segment): block for block in self.blocks for segment in block.segments}

    def finds_for(self, spec: FieldSpec) -> list[Find]:
        """Return the candidates of one name field with strengths in [0, 1]; several prints of a name are merged."""
        found = self._labelled(spec)
        if spec.place is Place.LETTERHEAD:
            found += self._letterhead()
        elif spec.place is Place.ADDRESSEE:
            found += self._addressed(spec)
        return _merged(found)

    def nearness(self, find: Find) -> float:
        """Return how the block around a number speaks for the issuer: minus under an addressee's heading."""
        page = self.layout.by_page[find.page]
        start = find.segment.line - page[0].index
        for line in reversed(page[max(0, start - 10) : start]):
            if find.segment.top - line.bottom > 13 * find.segment.height:
                break
            for segment in line.segments:
                if segment.x0 > find.span.x1 or segment.x1 < find.span.x0 - 260:
                    continue
                for hit in self.index.hits(segment):
                    if hit.start != 0 or hit.end < len(segment.words):
                        continue
                    if all(e.field == "" and e.weight >= 1.0 for e in hit.entries):
                        return -0.2
                    for spec in self.specs:
                        if hit.weight_for(spec.name) > 0.7 and spec.place in {Place.LETTERHEAD, Place.ADDRESSEE}:
                            return 0.12 if spec.place is Place.LETTERHEAD else -0.3
        return 0.0

    # By label -------------------------------------------------------------------------------------------------

    def _labelled(self, spec: FieldSpec) -> list[Find]:
        found: list[Find] = []
        for segment, hits in self.index.labelled(self.layout):
            for position, hit in enumerate(hits):
                weight = hit.weight_for(spec.name)
                if not weight:
                    continue
                limit = hits[position + 1].start if position + 1 < len(hits) else len(segment.words)
                found += self._behind(segment, hit, limit, weight)
        return found

    def _behind(self, segment: Segment, hit: Hit, limit: int, weight: float) -> list[Find]:
        label = _label_text(segment, hit)
        last = segment.words[hit.end - 1][1] + 1
        stop = segment.words[limit][1] if limit < len(segment.words) else len(segment.tokens)
        alone = hit.start == 0 and hit.end == len(segment.words)
        if hit.end < len(segment.words) and segment.words[hit.end][1] == last - 1:
            # "Customer:2", "Seller-Accountname": what is glued to the label makes it another label.
            return []
        colon = segment.tokens[last - 1].text.endswith(":") or (last < stop and segment.tokens[last].text == ":")
        if last < stop:
            if hit.start == 0 and (colon or weight > 0.9) and (colon or weight > FUNCTION_WEIGHT):
                find = _name_find(
                    Span(segment, last + (segment.tokens[last].text == ":"), stop), label, "inline", weight * 0.95
                )
                return [find] if find is not None else []
            return []
        if not alone or (weight <= FUNCTION_WEIGHT and not colon):
            weight *= 0.6
        found: list[Find] = []
        right = self.layout.right_of(segment)
        if right is not None and (colon or right.x0 - segment.x1 < 0.3 * self.layout.sizes[segment.page][0]):
            find = (
                None
                if self._labels_at_start(right)
                else _whole(right, label, "left", weight * (0.95 if colon else 0.8))
            )
            if find is not None:
                found.append(find)
        found += self._under(segment, label, weight)
        return found

    def _labels_at_start(self, segment: Segment) -> bool:
        hits = self.index.hits(segment)
        return bool(hits) and hits[0].start == 0

    def _under(self, heading: Segment, label: str, weight: float) -> list[Find]:
        """Return the name in the lines under a heading: behind "Name:", else the first line that can be one."""
        first: Find | None = None
        last = heading
        page = self.layout.by_page[heading.page]
        start = heading.line - page[0].index + 1
        for line in page[start : start + 12]:
            if line.top - last.bottom > 2.6 * max(last.height, heading.height) or (
                first and line.top - last.bottom > 1.6 * last.height
            ):
                break
            here = [
                s
                for s in line.segments
                if s.x0 < heading.x1 + 40 and s.x1 > heading.x0 - 6 and abs(s.x0 - heading.x0) < 60
            ]
            if not here:
                continue
            segment = here[0]
            last = segment
            words = [word for word, _ in segment.words]
            if words and words[0] in _NAME_LABELS and segment.text.rstrip().endswith((":", "Name", "Firma")):
                value = here[1] if len(here) > 1 else self.layout.right_of(segment)
                find = _whole(value, label, "heading", weight * 0.97) if value is not None else None
                if find is not None:
                    return [find]
            if segment.text.split(":")[0].strip().casefold() == "name" and len(segment.tokens) > 1:
                find = _name_find(
                    Span(segment, 1 + (segment.tokens[1].text == ":"), len(segment.tokens)),
                    label,
                    "heading",
                    weight * 0.97,
                )
                if find is not None:
                    return [find]
            hits = self.index.hits(segment)
            if (
                hits
                and hits[0].start == 0
                and hits[0].end == len(segment.words)
                and any(e.weight > 0.5 for e in hits[0].entries)
                and first is None
                and segment.bold == heading.bold
                and not LEGAL_FORM.search(segment.text)
            ):
                # The next heading begins before any name stood here.
                break
            if first is None and abs(segment.x0 - heading.x0) < 30:
                first = _whole(segment, label, "heading", weight * 0.92)
        return [first] if first is not None else []

    # By place -------------------------------------------------------------------------------------------------

    def _letterhead(self) -> list[Find]:
        found: list[Find] = []
        first_page = min(self.layout.by_page, default=1)
        for segment in self.layout.segments[:4000]:
            _width, height = self.layout.sizes[segment.page]
            top = segment.top / height
            on_first = segment.page == first_page
            sender = self._sender(segment) if on_first else None
            if sender is not None:
                found.append(sender)
                continue
            if not is_name(segment.text) or _TITLE_WORDS.search(segment.text) or self._is_label(segment):
                continue
            if self._is_street(segment):
                continue
            score = 0.0
            legal = bool(LEGAL_FORM.search(segment.text))
            score += 0.22 if legal else 0.0
            early = on_first and segment.line - self.layout.by_page[first_page][0].index < 4
            if early or (on_first and top < 0.16):
                score += 0.16 + (0.12 if top < 0.08 or early else 0.0)
            if on_first and top < 0.25 and segment.size > 1.25 * self.layout.body_size:
                score += 0.16
            if top > 0.85 and (legal or self.counts[name_key(segment.text)] > 1):
                score += 0.2
            key = name_key(segment.text)
            if self.counts[key] > 1:
                score += 0.06
            if any(_same_domain(key, domain) for domain in self.domains):
                score += 0.26
            block = self._block_of.get(id(segment))
            if block is not None and block.first is segment and len(block.segments) > 1:
                if block.has_postal:
                    score += 0.08
                if block.has_contact:
                    score += 0.12
            if self._heading_against(segment):
                score -= 0.4
            if score > 0.1:
                find = _whole(segment, "", "letterhead", min(0.85, score))
                if find is not None:
                    found.append(find)
                    if block is not None and on_first and not legal and top < 0.4:
                        found += self._wrapped(find, block, min(0.9, score + 0.34))
        return found

    def _wrapped(self, first: Find, block: Block, strength: float) -> list[Find]:
        """Return the name that goes on over the next lines up to its legal form, in the same print."""
        at = block.segments.index(first.segment)
        more: list[Segment] = []
        for segment in block.segments[at + 1 : at + 3]:
            if abs(segment.size - first.segment.size) > 0.1 * first.segment.size or not is_name(segment.text):
                break
            more.append(segment)
            text = " ".join([first.text, *(s.text for s in more)])
            unfinished = segment.text.rstrip().endswith(("&", "und", "and", "et"))
            if LEGAL_FORM.search(segment.text) and not unfinished:
                span = Span(first.segment, first.span.start, first.span.end, tuple(t for s in more for t in s.tokens))
                return [Find(span, text, (Reading(single_blanks(text)),), relation="letterhead", strength=strength)]
        return []

    def _sender(self, segment: Segment) -> Find | None:
        """Return the name in front of a sender's line: name, street and town in one line of small print."""
        line = self.layout.lines[segment.line]
        joined = "  ".join(s.text for s in line.segments if s.x0 >= segment.x0)
        if not POSTAL.search(joined) or len(joined) > 140:
            return None
        pieces = [p for p in re.split(SEPARATORS.pattern + r"|\s{2,}", joined) if p]
        if len(pieces) < 3 or not is_name(pieces[0]) or re.search(r"^\d|\d[a-z]?$", pieces[0]) or segment.index > 0:
            return None
        if not any(STREET.search(p) or re.search(r"\d[a-z]?$|^\d+ ", p) for p in pieces[1:3]):
            return None
        if _STATE_FIRST.search(pieces[1]):
            # "Town, ST 12345" in a second column is no street.
            return None
        top = segment.top / self.layout.sizes[segment.page][1]
        span = span_at(segment, 0, min(len(pieces[0]), len(segment.text)))
        if span is None or _TITLE_WORDS.search(pieces[0]):
            return None
        return Find(
            span,
            pieces[0],
            (Reading(single_blanks(pieces[0])),),
            relation="sender",
            strength=0.72 if top < 0.4 else 0.6,
        )

    def _addressed(self, spec: FieldSpec) -> list[Find]:
        found: list[Find] = []
        first_page = min(self.layout.by_page, default=1)
        for block in self.blocks:
            segment = block.first
            if segment.page != first_page or not block.has_postal:
                continue
            width, height = self.layout.sizes[segment.page]
            top, left = segment.top / height, segment.x0 / width
            if not 0.03 < top < 0.5:
                continue
            name = self._name_of(block)
            if name is None:
                continue
            score = 0.5
            score += 0.12 if 0.1 < top < 0.36 else 0.0
            score += 0.08 if left < 0.5 else 0.0
            score -= 0.35 if block.has_contact else 0.0
            score -= 0.12 if top < 0.1 else 0.0
            if self._heading_against(segment):
                score -= 0.45
            key = name_key(name.text)
            if any(_same_domain(key, domain) for domain in self.domains):
                score -= 0.25
            if self.counts[key] > 2 and LEGAL_FORM.search(name.text):
                score -= 0.05
            if score > 0.1:
                name.strength = score
                found.append(name)
        return found

    def _name_of(self, block: Block) -> Find | None:
        for segment in block.segments[:5]:
            if self._is_street(segment):
                continue
            if CONTACT.search(segment.text) and ":" not in segment.text and not LEGAL_FORM.search(segment.text):
                continue
            if self._is_label(segment):
                continue
            find = _whole(segment, "", "address", 0.5)
            if find is not None and not _TITLE_WORDS.search(find.text):
                return find
        return None

    def _is_street(self, segment: Segment) -> bool:
        """Return whether a house number begins the line above a town: "2 Mill Race", whatever its last word is."""
        below = self.layout.below(segment) if _HOUSE.match(segment.text) else None
        return below is not None and bool(POSTAL.search(below.text))

    def _is_label(self, segment: Segment) -> bool:
        hits = self.index.hits(segment)
        covered = sum(hit.end - hit.start for hit in hits)
        return bool(hits) and covered >= 0.6 * max(1, len(segment.words)) and not LEGAL_FORM.search(segment.text)

    def _heading_against(self, segment: Segment) -> bool:
        """Return whether a heading such as "Ship to" stands over the segment or in its block."""
        block = self._block_of.get(id(segment))
        above = self.layout.above(segment.x0, segment.x1, segment, reach=1.8, count=1)
        for other in [*(block.segments[:1] if block else []), *above]:
            for hit in self.index.hits(other):
                if hit.start == 0 and all(e.field == "" and e.weight >= 1.0 for e in hit.entries):
                    return True
        return False


_HOUSE = re.compile(r"\d{1,5}[a-zA-Z]?,?\s+[^\W\d]")


def _same_domain(key: str, domain: str) -> bool:
    return len(domain) >= 4 and (domain in key or (len(key) >= 5 and key in domain))


def _label_text(segment: Segment, hit: Hit) -> str:
    first, last = segment.words[hit.start][1], segment.words[hit.end - 1][1]
    return " ".join(token.text for token in segment.tokens[first : last + 1]).strip(" :")


def _whole(segment: Segment, label: str, relation: str, strength: float) -> Find | None:
    return _name_find(Span(segment, 0, len(segment.tokens)), label, relation, strength)


def _name_find(span: Span, label: str, relation: str, strength: float) -> Find | None:
    text = single_blanks(span.text).strip(" ,;:|•●·-–")
    text = _SALUTATION.sub("", text)
    if span.start >= span.end or not is_name(text):
        return None
    if label_words(text) and fold(text) in {"name", "nummer"}:
        return None
    return Find(span, text, (Reading(text),), label=label, relation=relation, strength=strength)


def _merged(finds: list[Find]) -> list[Find]:
    """Return one find for each name, the strongest print of it, with some credit for the others."""
    groups: dict[str, list[Find]] = {}
    for find in finds:
        groups.setdefault(name_key(find.text), []).append(find)
    merged: list[Find] = []
    for group in groups.values():
        group.sort(key=lambda f: -f.strength)
        best = group[0]
        kinds = {f.relation for f in group}
        best.extra["prints"] = float(len(group))
        best.extra["ways"] = float(len(kinds))
        miss = 1.0
        seen: set[str] = set()
        for find in group:
            if find.relation not in seen:
                miss *= 1.0 - min(0.95, max(0.0, find.strength)) * (1.0 if not seen else 0.5)
                seen.add(find.relation)
        best.strength = max(best.strength, 1.0 - miss)
        merged.append(best)
    merged.sort(key=lambda f: -f.strength)
    return merged
