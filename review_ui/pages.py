from flask import Blueprint, Response, jsonify, request, send_file

from pipeline.domain.pages import Page
from pipeline.services.text import whole_number
from review_ui.context import actor, services

THUMB_DPI, PAGE_DPI, CROP_DPI = 40, 110, 200
SHARPNESS = (THUMB_DPI, PAGE_DPI, CROP_DPI, 300, 400)
"""Dots per inch that are rendered, and kept: a thumbnail's, a page's, a crop's, and two for a page that is zoomed into.

Others take the nearest. All but the first stand in static/js/geometry.js, too, which asks for them."""

pages = Blueprint("pages", __name__, url_prefix="/documents/<int:document_id>")


@pages.get("/pages/<int:number>.webp")
def image(document_id: int, number: int) -> Response:
    asked = whole_number(request.args.get("dpi", "")) or PAGE_DPI
    dpi = min(SHARPNESS, key=lambda one: abs(one - asked))
    found = services().pages.image(document_id, number, by=actor(), dpi=dpi)
    response = Response(found, mimetype="image/webp")
    # Crops and thumbnails show the same page again and again; a browser may keep it, a proxy may not.
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["Vary"] = "Cookie"
    return response


@pages.get("/pages/<int:number>/words")
def words(document_id: int, number: int) -> Response:
    page = services().pages.words(document_id, number, by=actor()).page
    return jsonify(width=page.size.width, height=page.size.height, words=_placed(page))


@pages.get("/words")
def all_words(document_id: int) -> Response:
    """The words of all pages, for searching in them."""
    return jsonify(pages=[_placed(page) for page in services().pages.all_words(document_id, by=actor())])


@pages.get("/original")
def original(document_id: int) -> Response:
    found = services().pages.original(document_id, by=actor())
    # Never shown inside our own origin: a stranger's file is saved, not opened.
    response = send_file(
        found.stream,
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=found.name,
        conditional=False,
        etag=found.sha256,
        max_age=0,
    )
    response.content_length = found.size
    # by itself Flask answers for parts of files that lie as they are alone: it does not know how long others get
    return response.make_conditional(request.environ, accept_ranges=True, complete_length=found.size)


def _placed(page: Page) -> list[tuple[str, float, float, float, float]]:
    return [(word.text, word.box.x0, word.box.top, word.box.x1, word.box.bottom) for word in page.words]
