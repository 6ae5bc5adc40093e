import re
import stat
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from review_ui.security import KEY_FILE, key_in
from tests.unit.review_ui.doubles import ADMINISTRATOR, FakeServices

PAGES = (
    "/queue",
    "/documents/7",
    "/documents/7?field=gross_total",
    "/documents/7?field=line_items",
    "/documents/7?field=document_type",
    "/documents/7?field=summary",
    "/documents/7/approval",
    "/approvals",
    "/approved",
    "/files",
    "/audit",
    "/audit/documents/7",
    "/status",
    "/admin/people",
    "/admin/groups",
    "/admin/groups/5",
    "/admin/policy",
    "/admin/tokens",
    "/password",
    "/account",
    "/account/second-factor",
)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_keeps_to_its_content_policy(log_in, services: FakeServices, page: str) -> None:
    services.documents[7].holder = ADMINISTRATOR.id
    answer = log_in(ADMINISTRATOR).get(page)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert not re.search(r"<[^>]+\sstyle=", answer.text)
    assert not re.search(r"<[^>]+\son[a-z]+=", answer.text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", answer.text)
    assert "<style" not in answer.text


@pytest.mark.parametrize("page", PAGES)
def test_every_post_form_carries_its_token(log_in, services: FakeServices, page: str) -> None:
    services.documents[7].holder = ADMINISTRATOR.id
    text = log_in(ADMINISTRATOR).get(page).text
    forms = re.findall(r'<form[^>]*method="post".*?</form>', text, re.DOTALL)
    assert forms
    assert all('name="csrf_token"' in form for form in forms)


@pytest.mark.parametrize("page", PAGES)
def test_every_button_has_a_name(log_in, services: FakeServices, page: str) -> None:
    services.documents[7].holder = ADMINISTRATOR.id
    text = log_in(ADMINISTRATOR).get(page).text
    for attributes, inside in re.findall(r"<button([^>]*)>(.*?)</button>", text, re.DOTALL):
        words = re.sub(r"<kbd.*?</kbd>|<svg.*?</svg>|<[^>]+>", "", inside).strip()
        assert words or "aria-label=" in attributes


def test_static_files_are_kept_for_good_under_their_version_only(app: Flask, reviewer: FlaskClient) -> None:
    version = app.config["ASSET_VERSION"]
    assert "immutable" in reviewer.get(f"/static/{version}/css/tokens.css").headers["Cache-Control"]
    assert reviewer.get("/static/000000000000/css/tokens.css").headers["Cache-Control"] == "no-cache"
    assert reviewer.get(f"/static/{version}/../security.py").status_code == 404


def test_page_images_may_be_kept_by_the_browser_but_by_no_proxy(reviewer: FlaskClient, services: FakeServices) -> None:
    answer = reviewer.get("/documents/7/pages/1.webp?dpi=9999")
    assert answer.mimetype == "image/webp"
    assert answer.headers["Cache-Control"].startswith("private")
    assert services.called("image") == [(1, 400)]


def test_the_original_is_saved_and_never_shown_in_our_origin(reviewer: FlaskClient) -> None:
    answer = reviewer.get("/documents/7/original")
    assert answer.headers["Content-Disposition"] == "attachment; filename=scan_0417.pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.mimetype == "application/octet-stream"
    assert (answer.content_length, answer.data) == (13, b"%PDF-1.7 scan")


def test_a_part_of_the_original_can_be_asked_for_and_what_is_known_already_is_not_sent_again(
    reviewer: FlaskClient,
) -> None:
    part = reviewer.get("/documents/7/original", headers={"Range": "bytes=5-7"})
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (206, b"1.7", "bytes 5-7/13")
    known = reviewer.get("/documents/7/original").headers["ETag"]
    assert reviewer.get("/documents/7/original", headers={"If-None-Match": known}).status_code == 304


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first = key_in(tmp_path / "data")
    assert len(first) == 32
    assert key_in(tmp_path / "data") == first
    assert stat.S_IMODE((tmp_path / "data" / KEY_FILE).stat().st_mode) == 0o600
    assert [one.name for one in (tmp_path / "data").iterdir()] == [KEY_FILE]


def test_health_answers_without_a_log_in(app: Flask, services: FakeServices) -> None:
    client = app.test_client()
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").status_code == 200
    services.is_ready = False
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["parts"] == {"database": "does not answer"}


def test_words_of_all_pages_come_in_one_answer_with_their_places(reviewer: FlaskClient) -> None:
    [page] = reviewer.get("/documents/7/words").json["pages"]
    assert page == reviewer.get("/documents/7/pages/1/words").json["words"]
    assert [type(part) for part in page[0]] == [str, float, float, float, float]
