from hashlib import sha256

from flask import current_app

from pipeline.services.views import DocumentView
from review_ui.context import actor, services
from review_ui.languages import reader_locale


def fingerprint_of(document: DocumentView) -> str:
    """Return what differs as soon as the document's page would: for this person, in their language.

    Who holds the document is left out, so that a page made before somebody took it is known for the same after it.
    """
    made_of = (
        current_app.config["ASSET_VERSION"],
        str(reader_locale()),
        *sorted(actor().roles),
        services().talking.pulse(document.id, by=actor()),
        document.model_dump_json(exclude={"claim"}),
    )
    return sha256("\n".join(made_of).encode()).hexdigest()
