"""The document that comes next: a browser has its page and images before anybody takes it."""

from flask import Blueprint, Response, jsonify, make_response, render_template, request, url_for

from pipeline.services.text import whole_number
from review_ui.context import actor, services
from review_ui.desk import Desk, desk_of
from review_ui.fingerprint import fingerprint_of
from review_ui.pages import CROP_DPI, PAGE_DPI, THUMB_DPI
from review_ui.tasks import page_context

THUMBS = 8
"""Thumbnails that are in sight when a document opens."""

upcoming = Blueprint("upcoming", __name__)


@upcoming.get("/queue/upcoming")
def show() -> Response:
    """Tell a script which document comes after this one, with its page as it will be; 304 where it knows both.

    The page is the person's once they take the document, and only if its fingerprint still is what it was.
    """
    document_id = services().reviewing.find_next(by=actor(), after=whole_number(request.args.get("after", "")))
    if document_id is None:
        return jsonify(document=None)
    document = services().reviewing.foresee(document_id, by=actor())
    fingerprint = fingerprint_of(document)
    if request.if_none_match.contains(fingerprint):
        answer = make_response("", 304)
    else:
        desk = desk_of(document)
        answer = jsonify(
            document=document_id,
            fingerprint=fingerprint,
            title=desk.title,
            page=render_template("review/page.html", **page_context(desk)),
            images=images_of(desk),
        )
    answer.set_etag(fingerprint)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def images_of(desk: Desk) -> list[str]:
    """Return the addresses of the page images that a document opens with: its first page, and the open field's."""
    crop = desk.focused.crop if desk.focused else None
    wanted = [(1, PAGE_DPI)] if desk.document.pages else []
    if crop is not None:
        wanted += [(crop.page, PAGE_DPI), (crop.page, CROP_DPI)]
    wanted += [(page.number, THUMB_DPI) for page in desk.document.pages[:THUMBS]]
    document_id = desk.document.id
    return [
        url_for("pages.image", document_id=document_id, number=number, dpi=dpi) for number, dpi in dict.fromkeys(wanted)
    ]
