"""Which fields a person has to look at, and why: a pure function of what was read and the rules in force."""

from collections.abc import Mapping, Sequence

from pipeline.domain.extraction import Extraction, FieldExtraction
from pipeline.domain.fields import TYPE_FIELD, DocumentType, FieldSpec
from pipeline.domain.routing import (
    FieldRouting,
    Finding,
    Outcome,
    Policy,
    ReasonCode,
    ReviewReason,
    RoutingDecision,
)
from pipeline.stages import unseen

TYPE_THRESHOLD = 0.9
"""Starting threshold for a document's type."""
SAME_NUMBER = "same_number"
"""Code of the finding that another document has the same number and party."""
NOTHING_DERIVED: Mapping[str, float] = {}
ATTACHMENT = "attachment_"
"""How the codes of findings begin that set the data inside a PDF against its pages."""


def route(
    extraction: Extraction,
    findings: Sequence[Finding],
    doctype: DocumentType | None,
    policy: Policy,
    draws: Mapping[str, float],
    derived: Mapping[str, float] = NOTHING_DERIVED,
) -> RoutingDecision:
    """Return the way of a document: REVIEW with every exception and its reasons, READY without any.

    Args:
        extraction: what the engine read, with calibrated confidence.
        findings: failed checks, and whatever else speaks about fields or the whole document.
        doctype: the document's type; None where it is unknown, which leaves the type as the only question.
        policy: the rules in force.
        draws: a random number in [0, 1) for each field; below the policy's sample rate, an accepted field is shown.
        derived: thresholds by field that reviewed documents support; the policy's go before them, the type's starting
            ones hold where there is neither.
    """
    routed = [_route_type(extraction, doctype, findings, policy)]
    if doctype is not None:
        routed += [_route_field(spec, extraction, doctype, findings, policy, draws, derived) for spec in doctype.fields]
    outcome = Outcome.REVIEW if any(field.reasons for field in routed) else Outcome.READY
    return RoutingDecision(
        outcome=outcome, fields=tuple(routed), policy_version=policy.version, findings=tuple(findings)
    )


def _route_type(
    extraction: Extraction, doctype: DocumentType | None, findings: Sequence[Finding], policy: Policy
) -> FieldRouting:
    name = doctype.name if doctype is not None else "unknown"
    threshold = policy.threshold_for(name, TYPE_FIELD, TYPE_THRESHOLD)
    reasons: list[ReviewReason] = []
    if extraction.pages_without_text:
        reasons.append(ReviewReason(code=ReasonCode.NO_TEXT, message=_no_text(extraction)))
    guess = extraction.type
    sure, asked = _percents(guess.confidence, threshold)
    if doctype is None:
        reasons.append(
            ReviewReason(
                code=ReasonCode.TYPE_DOUBTFUL,
                message="The document fits none of the known types: choose its type, or reject it.",
            )
        )
    elif guess.confidence < threshold:
        others = [other for other, share in guess.candidates if share >= 0.05]
        also = f" It could also be: {', '.join(others)}." if others else ""
        reasons.append(
            ReviewReason(
                code=ReasonCode.TYPE_DOUBTFUL,
                message=(
                    f"The type {doctype.title_in('en').lower()!r} is not certain "
                    f"({sure} sure, {asked} asked for).{also}"
                ),
            )
        )
    reasons += [_failed(finding) for finding in findings if not finding.fields or TYPE_FIELD in finding.fields]
    return FieldRouting(
        name=TYPE_FIELD, threshold=threshold, threshold_kind=_kind(policy, name, TYPE_FIELD), reasons=tuple(reasons)
    )


def _no_text(extraction: Extraction) -> str:
    pages = extraction.pages_without_text
    if len(pages) == extraction.page_count and len(pages) > 1:
        return "No page has text a machine can read: read the values off the pages and enter them."
    if len(pages) == 1:
        return f"Page {pages[0]} has no text a machine can read: check whether it holds values, and enter them."
    listed = ", ".join(str(page) for page in pages[:8]) + (" and more" if len(pages) > 8 else "")
    return f"Pages {listed} have no text a machine can read: check whether they hold values, and enter them."


def _kind(policy: Policy, doctype: str, field: str, derived: Mapping[str, float] = NOTHING_DERIVED) -> str:
    if f"{doctype}.{field}" in policy.thresholds:
        return "policy"
    return "derived" if field in derived else "starting"


def _route_field(
    spec: FieldSpec,
    extraction: Extraction,
    doctype: DocumentType,
    findings: Sequence[Finding],
    policy: Policy,
    draws: Mapping[str, float],
    derived: Mapping[str, float],
) -> FieldRouting:
    field = extraction.find_field(spec.name) or FieldExtraction(name=spec.name)
    threshold = policy.threshold_for(doctype.name, spec.name, derived.get(spec.name, spec.threshold))
    reasons = _reasons(spec, field, threshold)
    reasons += [_failed(finding) for finding in findings if spec.name in finding.fields]
    sampled: float | None = None
    if not reasons and draws.get(spec.name, 1.0) < policy.sample_rate:
        sampled = policy.sample_rate
        reasons.append(
            ReviewReason(
                code=ReasonCode.SAMPLE,
                message="The machine is sure; this is a random sample that measures whether it should be.",
            )
        )
    return FieldRouting(
        name=spec.name,
        threshold=threshold,
        threshold_kind=_kind(policy, doctype.name, spec.name, derived),
        reasons=tuple(reasons),
        sample_probability=sampled,
    )


def _reasons(spec: FieldSpec, field: FieldExtraction, threshold: float) -> list[ReviewReason]:
    title = spec.title_in("en")
    reasons: list[ReviewReason] = []
    missing = field.value is None or field.value == ()
    if missing and spec.required:
        reasons.append(
            ReviewReason(
                code=ReasonCode.REQUIRED_MISSING,
                message=f"{title} is required, and none was found: enter it, or mark it as absent.",
            )
        )
    elif field.confidence < threshold:
        what = "No value was found, and the machine is" if missing else "The machine is"
        weakest = _weak_rows(field, threshold)
        sure, asked = _percents(field.confidence, threshold)
        reasons.append(
            ReviewReason(
                code=ReasonCode.LOW_CONFIDENCE,
                message=(f"{what} only {sure} sure of it; {asked} is asked for.{weakest}"),
            )
        )
    if len(field.readings) > 1:
        ways = " or ".join(str(reading) for reading in field.readings[:3])
        reasons.append(
            ReviewReason(
                code=ReasonCode.AMBIGUOUS,
                message=f"“{field.text}” can be read as {ways}: choose the right one.",
            )
        )
    if spec.critical and not missing:
        reasons.append(
            ReviewReason(code=ReasonCode.CRITICAL, message=f"{title} is critical: a person looks at it every time.")
        )
    elif spec.critical and not reasons:
        reasons.append(
            ReviewReason(
                code=ReasonCode.CRITICAL,
                message=f"{title} is critical: a person confirms that the document has none.",
            )
        )
    return reasons


def _weak_rows(field: FieldExtraction, threshold: float) -> str:
    weak = [
        number
        for number, row in enumerate(field.rows, start=1)
        if any(cell.confidence < threshold for cell in row.cells.values())
    ]
    if not weak or len(weak) == len(field.rows):
        return ""
    listed = ", ".join(str(number) for number in weak[:10]) + (" and more" if len(weak) > 10 else "")
    return f" Look at row{'s' if len(weak) > 1 else ''} {listed}."


def _failed(finding: Finding) -> ReviewReason:
    code = ReasonCode.CHECK_FAILED
    if finding.code == SAME_NUMBER:
        code = ReasonCode.SAME_NUMBER
    elif finding.code.startswith(ATTACHMENT):
        code = ReasonCode.ATTACHED_DATA
    elif finding.code == unseen.CODE:
        code = ReasonCode.HIDDEN_TEXT
    return ReviewReason(
        code=code, message=finding.message, figures=finding.figures, related_document=finding.related_document
    )


def _percents(share: float, asked: float) -> tuple[str, str]:
    """Return a confidence and its threshold as the pages write them: whole percents, finer where they read the same."""
    for places in (0, 1, 2):
        pair = (_percent(share, places), _percent(asked, places))
        if pair[0] != pair[1]:
            return pair
    return pair


def _percent(share: float, places: int) -> str:
    """Return a probability in words that never round up to certainty."""
    most = 100 - 10**-places
    return f"{min(most, round(share * 100, places)):g} %"
