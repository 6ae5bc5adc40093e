"""A document's type from two witnesses: the rules, which know every type's words, and what was reviewed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import exp, log

from pipeline.domain.extraction import TypeGuess
from pipeline.extraction.doctype import TOO_FEW_WORDS
from pipeline.extraction.learned.kinds import TypeScore

ENOUGH = 10
"""Reviewed documents of a type before what was learned of it may do without a person's look."""
UNPROVEN = 0.85
"""Most that is stated on the word of fewer reviewed documents: below any type's threshold."""
DISPUTED = 0.8
"""Most that is stated where the document is headed as another paper."""
MOST = 0.995
AGREED_WEIGHT = 0.8
"""How much likeness to reviewed documents adds to the rules' word, or takes from it: a new layout is unlike them."""
RULES_WORTH = 10.0
"""Reviewed documents that weigh as much as the confidence that the rules state themselves."""
USUAL = 0.9
"""Belief that speaks neither for nor against."""
CANDIDATES_MAX = 3
CANDIDATE_LEAST = 0.01


@dataclass(frozen=True, slots=True)
class _Learned:
    """What the reviewed documents say, by family: a type with its variants."""

    family: str
    belief: float
    """Probability that the document is of that family."""
    variant: str
    share: float
    """Probability of the variant within the family."""
    reviewed: int


def combine(
    rule_guess: TypeGuess,
    score: TypeScore | None,
    enabled_types: Collection[str],
    reviewed_counts: Mapping[str, int],
    variants: Mapping[str, str],
) -> TypeGuess:
    """Return the type that rules and reviewed documents together speak for; name None where neither knows it.

    Args:
        rule_guess: what the rules say; they speak alone while nothing was reviewed, and for types never reviewed.
        score: what the reviewed documents say; None where there are none.
        enabled_types: names of the types a document may be given.
        reviewed_counts: for each type, the reviewed documents that the model learned from.
        variants: the type that a variant belongs to ("credit_note": "invoice").
    """
    if score is None or not score.probabilities or not score.nearest:
        return rule_guess
    learned = _learned(score, reviewed_counts, variants)
    if rule_guess.name is None:
        return _unnamed(rule_guess, learned, score, enabled_types)
    if variants.get(rule_guess.name, rule_guess.name) == learned.family:
        return _agreed(rule_guess, rule_guess.name, learned, score, reviewed_counts)
    return _contested(rule_guess, rule_guess.name, learned, score, enabled_types, reviewed_counts, variants)


def _learned(score: TypeScore, counts: Mapping[str, int], variants: Mapping[str, str]) -> _Learned:
    families: dict[str, float] = {}
    for name, share in score.probabilities:
        family = variants.get(name, name)
        families[family] = families.get(family, 0.0) + share
    family = max(families, key=lambda name: families[name])
    variant, share = next((n, s) for n, s in score.probabilities if variants.get(n, n) == family)
    return _Learned(
        family=family,
        belief=min(MOST, score.known * families[family]),
        variant=variant,
        share=share / families[family] if families[family] else 0.0,
        reviewed=_reviewed(family, counts, variants),
    )


def _reviewed(family: str, counts: Mapping[str, int], variants: Mapping[str, str]) -> int:
    return sum(number for name, number in counts.items() if variants.get(name, name) == family)


def _unnamed(guess: TypeGuess, learned: _Learned, score: TypeScore, enabled: Collection[str]) -> TypeGuess:
    """The rules name no type: what was reviewed may, unless the document says itself that it is something else."""
    belief = learned.belief * learned.share
    disputed = TOO_FEW_WORDS not in guess.evidence
    named = learned.variant in enabled and belief >= (USUAL if disputed else 0.5)
    if not named or (disputed and learned.reviewed < ENOUGH):
        said = guess.evidence
        if belief >= 0.5 and learned.variant not in enabled:
            said = (f"It looks like “{learned.variant}”, a type that is not switched on here.",)
        return _verdict(guess, score, None, guess.confidence, said)
    said = (_alike(learned), *(guess.evidence if disputed else ()))
    return _verdict(guess, score, learned.variant, _proven(min(belief, DISPUTED if disputed else MOST), learned), said)


def _agreed(guess: TypeGuess, name: str, learned: _Learned, score: TypeScore, counts: Mapping[str, int]) -> TypeGuess:
    """Both name one family: the rules tell its variants, which are rare and say so in their title."""
    sure = _proven_rules(guess, score)
    weight = AGREED_WEIGHT * learned.reviewed / (learned.reviewed + ENOUGH)
    confidence = _chance(_odds(sure) + weight * (_odds(learned.belief) - _odds(USUAL)))
    said = (*guess.evidence, _alike(learned) if learned.belief >= 0.5 else _unlike(learned))
    if name != learned.variant and min(counts.get(name, 0), counts.get(learned.variant, 0)) >= ENOUGH:
        own = score.probability_of(name)
        among = own / (own + score.probability_of(learned.variant))
        right = _chance(_odds(guess.confidence) + _odds(among))
        name = name if right >= 0.5 else learned.variant
        confidence *= max(right, 1.0 - right)
        said = (*said, f"Reviewed documents with such words were rather of the type “{learned.variant}”.")
    return _verdict(guess, score, name, min(confidence, MOST), said)


def _contested(
    guess: TypeGuess,
    name: str,
    learned: _Learned,
    score: TypeScore,
    enabled: Collection[str],
    reviewed_counts: Mapping[str, int],
    variants: Mapping[str, str],
) -> TypeGuess:
    """They name different types: the surer one is taken, and what speaks for the other is taken off."""
    own = variants.get(name, name)
    sure = min(guess.confidence, _proven_rules(guess, score))
    # Few documents say little yet; and of a type that has many, one that is unlike all of them is rarely seen.
    known = score.known * (1.0 if learned.reviewed >= ENOUGH else learned.reviewed / (learned.reviewed + ENOUGH))
    unseen = (1.0 - known) * ENOUGH / (ENOUGH + _reviewed(own, reviewed_counts, variants))
    share = sum(part for other, part in score.probabilities if variants.get(other, other) == own)
    rules = sure * (known * share + unseen)
    reviewed = (1.0 - sure) * known * learned.belief / max(score.known, 1e-9)
    total = rules + reviewed + (1.0 - sure) * (1.0 - known)
    if rules >= reviewed:
        said = guess.evidence
        if learned.belief >= 0.5:
            said = (*said, f"But {_lowered(_alike(learned, learned.family))}")
        return _verdict(guess, score, name, min(MOST, rules / total), said)
    if learned.variant not in enabled:
        said = (f"It looks like “{learned.variant}”, a type that is not switched on here.",)
        return _verdict(guess, score, None, max(0.5, reviewed / total), said)
    confidence = _proven(min(MOST, reviewed / total) * learned.share, learned)
    said = (_alike(learned), f"Its title and labels alone would make it “{name}”.")
    return _verdict(guess, score, learned.variant, confidence, said)


def _proven_rules(guess: TypeGuess, score: TypeScore) -> float:
    """Return how sure the rules are, after what people made of documents that they called the same."""
    given = score.rulings.get(guess.name or "", {})
    seen = sum(given.values())
    right = given.get(guess.name or "", 0)
    return min(MOST, (RULES_WORTH * guess.confidence + right) / (RULES_WORTH + seen))


def _proven(confidence: float, learned: _Learned) -> float:
    return confidence if learned.reviewed >= ENOUGH else min(confidence, UNPROVEN)


def _verdict(
    guess: TypeGuess, score: TypeScore, name: str | None, confidence: float, said: tuple[str, ...]
) -> TypeGuess:
    likely = dict(guess.candidates)
    if guess.name is not None:
        likely[guess.name] = guess.confidence * (1.0 - score.known)
    for other, share in score.probabilities:
        likely[other] = max(likely.get(other, 0.0) * (1.0 - score.known), share * score.known)
    others = sorted(((n, round(s, 4)) for n, s in likely.items() if n != name), key=lambda pair: (-pair[1], pair[0]))
    # What the named type leaves over is all that the others can have.
    left = 1.0 if name is None else 1.0 - confidence
    shown = tuple((n, min(s, round(left, 4))) for n, s in others if min(s, left) >= CANDIDATE_LEAST)
    return TypeGuess(name=name, confidence=round(confidence, 4), candidates=shown[:CANDIDATES_MAX], evidence=said)


def _alike(learned: _Learned, name: str | None = None) -> str:
    of = f"“{name}”" if name else "this type"
    if learned.reviewed == 1:
        return f"Its words are those of the one reviewed document of {of}."
    return f"Its words are those of {learned.reviewed} reviewed documents of {of}."


def _unlike(learned: _Learned) -> str:
    one = learned.reviewed == 1
    return (
        f"It is unlike the {'one reviewed document' if one else f'{learned.reviewed} reviewed documents'} of this type."
    )


def _lowered(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def _odds(share: float) -> float:
    bounded = min(1.0 - 1e-4, max(1e-4, share))
    return log(bounded / (1.0 - bounded))


def _chance(odds: float) -> float:
    return 1.0 / (1.0 + exp(-odds))
