"""What stands around the names of a document, as numbers: marks of all places of a name pooled, and figures."""

import math
import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from pipeline.extraction.blocks import LEGAL_FORM
from pipeline.extraction.learned.columns import BUCKETS
from pipeline.extraction.learned.lists import Name, Print
from pipeline.extraction.learned.scene import masked
from pipeline.extraction.prose import Prose
from pipeline.normalise.words import fold

FIRST_PRINTS, LAST_PRINTS = 5, 3
"""Places of one name that are looked at: a name may be printed a hundred times."""
LEFT, RIGHT = 6, 6
"""Words before and behind a place."""

_WORD = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")
_BETWEEN = re.compile(r"(?i)\b(?:between|among|parties\b|zwischen)")
_RECITALS = re.compile(r"(?i)\b(?:whereas|recitals?\b|witnesseth|background|agree\s+as\s+follows|now,?\s+therefore)")
_SIGNING = re.compile(
    r"(?i)\bin\s+witness\s+whereof\b|\bvery\s+truly\s+yours\b|\bsincerely\b|\baccepted\s+and\s+agreed\b"
)
_FORM_END = re.compile(rf"(?:{LEGAL_FORM.pattern})[.,]?$", re.IGNORECASE)
_DEFINED = re.compile(r"^[,.]?\s*(?:[^.;]{0,160}?)\(\s*(?:[^()“\"]{0,60})[“\"]")
_CUE = re.compile(
    r"^[,.]?\s*(?:\(|an?\s|having|with\s+(?:its|an?|offices?|principal)|hereinafter|whose|located|residing|individually|"
    r"on\s+behalf|organi[sz]ed|for\s+itself|and\s+(?:its|their|any))"
)
_SIGNED = re.compile(r"(?i)(?:\bby\s*[:;]?|/s/|signature|name\s*[:;]?|printed?)\W*$")

Floats = NDArray[np.float32]


@dataclass(slots=True)
class NameMarks:
    """A document's names as arrays, one row for each."""

    starts: NDArray[np.int64]
    """Shape (n + 1,): where each row's marks begin in `marks`."""
    marks: NDArray[np.int32]
    dense: Floats
    """Shape (n, number of figures)."""

    def __len__(self) -> int:
        return len(self.starts) - 1


def marks_of_names(names: list[Name], prose: Prose, taken: frozenset[str] = frozenset()) -> NameMarks:
    """Return what stands around each name; `taken` are the keys of those that the rules took for entries."""
    page = _Page(prose, names)
    marks: list[int] = []
    starts = [0]
    figures: list[tuple[float, ...]] = []
    for name in names:
        said, numbers = page.describe(name)
        said.add(f"rules:{name.key in taken}")
        marks += sorted({crc32(text.encode()) % BUCKETS for text in said})
        starts.append(len(marks))
        figures.append((*numbers, float(name.key in taken)))
    return NameMarks(
        np.array(starts, dtype=np.int64),
        np.array(marks, dtype=np.int32),
        np.array(figures, dtype=np.float32).reshape(len(names), FIGURES),
    )


FIGURES = 37


class _Page:
    """What is the same for all names of a document."""

    def __init__(self, prose: Prose, names: list[Name]) -> None:
        self.text = prose.text
        self.breaks = prose.breaks
        self.size = max(1, len(prose.text))
        between = [match.end() for match in _BETWEEN.finditer(self.text, 0, 8000)]
        self.between = between[0] if between else -1
        recitals = _RECITALS.search(self.text, max(0, self.between), 12000)
        self.recitals = recitals.start() if recitals else min(self.size, 3000)
        signing = [match.start() for match in _SIGNING.finditer(self.text)]
        self.signing = signing[-1] if signing and signing[-1] > self.size // 4 else max(0, self.size - 1500)
        self.small = Counter(match.group() for match in re.finditer(r"(?<![^\s(“\"])[a-z][a-z’'-]+", self.text))
        self.names = names
        self.counts = {name.key: len(name.prints) for name in names}
        self.order = {name.key: place for place, name in enumerate(names)}
        self.most = max(self.counts.values(), default=1)
        self.longer: Counter[str] = Counter()
        self.longer_most: dict[str, int] = {}
        self.shorter: Counter[str] = Counter()
        keys = sorted(self.counts, key=len)
        for index, key in enumerate(keys):
            for other in keys[index + 1 :]:
                if key in other and key != other:
                    self.longer[key] += 1
                    self.longer_most[key] = max(self.longer_most.get(key, 0), self.counts[other])
                    self.shorter[other] += 1

    def describe(self, name: Name) -> tuple[set[str], tuple[float, ...]]:
        """Return a name's marks and its figures."""
        prints = name.prints[:FIRST_PRINTS] + name.prints[FIRST_PRINTS:][-LAST_PRINTS:]
        said: set[str] = {"bias"}
        at = [self._around(one, said) for one in prints]
        pooled = np.array(at, dtype=np.float64)
        words = name.text.split()
        small = [word.strip(".,").casefold() for word in words]
        common = sum(1 for word in small if self.small[word]) / len(words)
        form = _FORM_END.search(name.text) is not None
        inside = LEGAL_FORM.search(name.text) is not None
        said |= {f"in:{masked(fold(word.strip('.,')))}" for word in words}
        said |= {
            f"first:{masked(fold(words[0]))}",
            f"last:{masked(fold(words[-1]))}",
            f"words:{min(len(words), 7)}:{form}",
            f"common:{round(4 * common)}:{form}",
            f"caps:{name.text.isupper()}:{form}",
            f"prints:{min(5, len(name.prints))}",
        }
        head = sum(1 for one in name.prints if one.start < self.recitals)
        tail = sum(1 for one in name.prints if one.start >= self.signing)
        said.add(f"where:{min(2, head)}:{min(2, tail)}")
        said.add(f"where:{min(1, head)}:{min(1, tail)}:{form}")
        first = name.prints[0].start
        mentions = self.text.count(words[0])
        numbers = (
            len(name.prints),
            len(name.prints) / self.most,
            head,
            tail,
            math.log1p(first),
            first / self.size,
            first - self.between if self.between >= 0 else -9999.0,
            float(self.between <= first < self.recitals) if self.between >= 0 else -1.0,
            self.order[name.key],
            len(words),
            len(name.key),
            float(form),
            float(inside),
            common,
            float(name.text.isupper()),
            float("," in name.text),
            float(" and " in name.text or "&" in name.text or " AND " in name.text),
            sum(map(str.isdigit, name.text)),
            self.longer[name.key],
            self.longer_most.get(name.key, 0) / len(name.prints),
            self.shorter[name.key],
            float(all(word[:1].isupper() for word in words)),
            float(any(re.fullmatch(r"[A-Z]\.", word) for word in words)),
            sum(1 for word in words if self.small[word.strip(".,").casefold()]),
            mentions,
            float(2 <= len(words) <= 4 and not inside and common == 0),
            *pooled[:, :6].mean(axis=0),
            *pooled[:, 4:8].max(axis=0),
        )
        return said, tuple(float(number) for number in numbers)

    def _around(self, one: Print, said: set[str]) -> tuple[float, ...]:
        """Add the marks of one place, and return its flags."""
        text = self.text
        left = [masked(fold(w)) for w in _WORD.findall(text[max(0, one.start - 90) : one.start])[-LEFT:]]
        right_text = text[one.end : one.end + 240]
        right = [masked(fold(w)) for w in _WORD.findall(right_text[:90])[:RIGHT]]
        zone = "h" if one.start < self.recitals else "t" if one.start >= self.signing else "m"
        l1, r1 = (left[-1] if left else "^"), (right[0] if right else "$")
        said |= {f"lw:{word}" for word in left}
        said |= {f"rw:{word}" for word in right}
        said |= {f"lz:{zone}:{word}" for word in left[-3:]}
        said |= {f"rz:{zone}:{word}" for word in right[:3]}
        said |= {
            f"l1:{l1}",
            f"l2:{' '.join(left[-2:])}",
            f"l3:{' '.join(left[-3:])}",
            f"r1:{r1}",
            f"r2:{' '.join(right[:2])}",
            f"r3:{' '.join(right[:3])}",
            f"lr:{l1}|{r1}",
            f"lrz:{zone}:{l1}|{r1}",
            f"z:{zone}",
        }
        before = text[max(0, one.start - 40) : one.start]
        previous = before.split()[-1] if before.split() else ""
        following = right_text.split()[0] if right_text.split() else ""
        previous_capital = previous[:1].isupper() and previous[-1:] not in '.,:;)”"'
        next_capital = following[:1].isupper() and text[one.end : one.end + 1] in {" ", ""}
        place = bisect_right(self.breaks, one.start) - 1
        line = self.breaks[place] if place >= 0 else 0
        until = self.breaks[place + 1] if place + 1 < len(self.breaks) else self.size + 1
        starts_line, ends_line = one.start - line <= 2, until - one.end <= 3
        cue = _CUE.match(right_text) is not None
        defined = _DEFINED.match(right_text) is not None
        signed = _SIGNED.search(before) is not None
        introduced = l1 in {"between", "among", "and", "zwischen", "by", "with"}
        said |= {
            f"pc:{previous_capital:d}{next_capital:d}",
            f"ln:{starts_line:d}{ends_line:d}{zone}",
            f"cue:{cue:d}{defined:d}{introduced:d}{zone}",
            f"sg:{signed:d}{zone}",
        }
        if self.between >= 0 and one.start >= self.between:
            said.add(f"btw:{min(8, int(math.log2(1 + (one.start - self.between) / 8)))}")
        return (
            float(previous_capital),
            float(next_capital),
            float(starts_line),
            float(ends_line),
            float(cue),
            float(defined),
            float(signed),
            float(introduced),
        )
