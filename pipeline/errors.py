"""The error tree: each class carries a stable code; each message tells the reader what to do."""

from typing import ClassVar


class PipelineError(Exception):
    """Base of every error that Proofdesk raises on purpose.

    `str(error)` is one sentence for the person who reads it; `code` is stable, for programs and docs/errors.md.
    """

    code: ClassVar[str] = "pipeline"


class DocumentError(PipelineError):
    """The file is at fault: trying again cannot help, so it goes to quarantine with its sentence."""

    code = "document"


class UnreadableDocumentError(DocumentError):
    code = "unreadable"


class NotAPdfError(UnreadableDocumentError):
    code = "not-a-pdf"


class EmptyDocumentError(UnreadableDocumentError):
    code = "empty"


class EncryptedDocumentError(DocumentError):
    code = "encrypted"


class DocumentTooLargeError(DocumentError):
    code = "too-large"


class ReviewError(PipelineError):
    """The request conflicts with the current state of the record."""

    code = "review"


class ClaimNotHeldError(ReviewError):
    code = "claim-not-held"


class ClaimTakenError(ReviewError):
    code = "claim-taken"


class StaleTaskError(ReviewError):
    code = "stale"


class InvalidCorrectionError(ReviewError):
    code = "invalid-correction"


class InvalidTransitionError(ReviewError):
    code = "invalid-transition"


class OpenExceptionsError(ReviewError):
    code = "open-exceptions"


class NotFoundError(PipelineError):
    code = "not-found"


class ErasedError(NotFoundError):
    """The document was here, and was erased; its number, its signatures' hashes and its history stay."""

    code = "erased"


class DamagedFileError(NotFoundError):
    """A stored file's bytes are there, but are not those that were put there, or nothing opens them."""

    code = "damaged-file"


class AccessDeniedError(PipelineError):
    """The person is known but may not do this."""

    code = "access-denied"


class LoginRefusedError(PipelineError):
    code = "login-refused"


class ProofNeededError(PipelineError):
    """Whoever signs has to show once more that it is them."""

    code = "proof-needed"


class TransientError(PipelineError):
    """Something outside failed: the same call may succeed later."""

    code = "transient"


class BlobStoreUnavailableError(TransientError):
    code = "blob-store-unavailable"


class DestinationUnavailableError(TransientError):
    code = "destination-unavailable"


class ReaderUnavailableError(TransientError):
    """The reading process could not be started; the document is not to blame."""

    code = "reader-unavailable"


class IdentityProviderUnavailableError(TransientError):
    """The single sign-on service does not answer, or not so that it can be understood."""

    code = "identity-provider-unavailable"


class ConfigurationError(PipelineError):
    """The installation is set up wrongly: stop at start-up."""

    code = "configuration"


class RecordBrokenError(PipelineError):
    """The audit record does not verify."""

    code = "record-broken"
