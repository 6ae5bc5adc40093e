"""Time-stamps are checked by verify.py alone, against certificates that its reader trusts."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pipeline.record.canonical import canonical_json, utc_text
from pipeline.record.verify import check_stamp, check_stamped, parse_certificates
from tests.timestamp_authority import KINDS, Authority, Wrong

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
CHECKPOINT = (canonical_json({"kind": "proofdesk-checkpoint", "at": utc_text(NOW)}) + "\n").encode()


@pytest.fixture(scope="module", params=[(kind, between) for kind in KINDS for between in (False, True)], ids=str)
def authority(request: pytest.FixtureRequest) -> Authority:
    """One of each kind, directly under its root and with one more between them."""
    return Authority(*request.param, now=NOW)


def test_a_stamp_holds_under_the_root_and_under_the_authority_itself(authority: Authority) -> None:
    stamp = authority.stamp(CHECKPOINT)
    own = authority.certificate.public_bytes(Encoding.PEM)
    for pem in (authority.pem, own, own + authority.pem):
        assert check_stamped(stamp, CHECKPOINT, parse_certificates(pem)).at == NOW


def test_no_byte_of_it_can_be_changed(authority: Authority) -> None:
    stamp, trusted = authority.stamp(CHECKPOINT), parse_certificates(authority.pem)
    rng = random.Random(7)
    slow = "p" in authority.kind and authority.kind != "pss"  # curves take their time in plain integers
    places = range(len(stamp)) if not slow else sorted(rng.sample(range(len(stamp)), 100))
    for place in places:
        changed = bytearray(stamp)
        changed[place] ^= 1 << rng.randrange(8)
        with pytest.raises(ValueError, match=r"."):
            check_stamp(bytes(changed), CHECKPOINT, trusted)


def test_a_certificate_that_came_along_for_nothing_cannot_be_changed_either() -> None:
    authority = Authority("rsa", sends_root=True, now=NOW)
    stamp, trusted = authority.stamp(CHECKPOINT), parse_certificates(authority.pem)
    assert check_stamp(stamp, CHECKPOINT, trusted).at == NOW
    root = authority.root.public_bytes(Encoding.DER)
    begin = stamp.index(root)
    issuer = begin + root.index(authority.root.subject.public_bytes())
    names = range(issuer, issuer + len(authority.root.subject.public_bytes()))
    for place in set(range(begin, begin + len(root))) - set(names):  # under another name it is a stranger's
        changed = bytearray(stamp)
        changed[place] ^= 0xFF
        with pytest.raises(ValueError, match=r"."):
            check_stamp(bytes(changed), CHECKPOINT, trusted)


def test_nothing_can_be_cut_off_or_added(authority: Authority) -> None:
    stamp, trusted = authority.stamp(CHECKPOINT), parse_certificates(authority.pem)
    for changed in (stamp[:-1], stamp + b"\0", stamp[1:], b"", stamp + stamp, b"\x30\x80" + stamp[2:]):
        with pytest.raises(ValueError, match=r"."):
            check_stamp(changed, CHECKPOINT, trusted)


SENTENCES = {
    Wrong.IMPRINT: "over something else",
    Wrong.KEY: "its signature does not hold",
    Wrong.STRANGER: "not signed under a certificate of the authority's",
    Wrong.EXPIRED: "was not valid at that time",
    Wrong.PURPOSE: "not one for time-stamps",
    Wrong.REFUSED: "refused to give it",
    Wrong.GARBAGE: "it is no DER",
    Wrong.EMPTY: "laid out in another way",
    Wrong.EARLY: "one of them was dated back",
    Wrong.LATE: "one of them was dated back",
}


@pytest.mark.parametrize("wrong", SENTENCES)
def test_a_wrong_one_is_refused_with_its_reason(wrong: Wrong) -> None:
    authority = Authority("rsa", now=NOW)
    trusted = parse_certificates(authority.pem)
    assert check_stamped(authority.stamp(CHECKPOINT), CHECKPOINT, trusted).at == NOW
    authority.wrong = wrong
    with pytest.raises(ValueError, match=SENTENCES[wrong]):
        check_stamped(authority.stamp(CHECKPOINT), CHECKPOINT, trusted)


def test_another_authority_is_not_believed_and_without_certificates_anybody_is() -> None:
    one, other = Authority("rsa", now=NOW), Authority("rsa", now=NOW)
    stamp = one.stamp(CHECKPOINT)
    with pytest.raises(ValueError, match="not signed under"):
        check_stamp(stamp, CHECKPOINT, parse_certificates(other.pem))
    assert check_stamp(stamp, CHECKPOINT).at == NOW
    with pytest.raises(ValueError, match="over something else"):
        check_stamp(stamp, CHECKPOINT + b" ")


def test_a_certificate_that_is_no_authority_cannot_vouch_for_one() -> None:
    """Whoever has any certificate under the root could else make one for time-stamps."""
    authority = Authority("rsa", between=True, now=NOW)
    stamp = authority.stamp(CHECKPOINT)
    trusted = (authority.sent[0].public_bytes(Encoding.DER),)
    assert check_stamp(stamp, CHECKPOINT, trusted).at == NOW
    impostor = Authority("rsa", between=True, is_between_root=False, now=NOW)
    with pytest.raises(ValueError, match="not signed under"):
        check_stamp(impostor.stamp(CHECKPOINT), CHECKPOINT, parse_certificates(impostor.pem))


@pytest.mark.parametrize(("late", "holds"), [(-2, False), (-0.5, True), (23, True), (25, False)])
def test_it_has_to_be_of_the_checkpoints_time(late: float, holds: bool) -> None:
    authority = Authority("rsa", now=NOW + timedelta(hours=late))
    stamp, trusted = authority.stamp(CHECKPOINT), parse_certificates(authority.pem)
    if holds:
        assert check_stamped(stamp, CHECKPOINT, trusted).at == authority.now
    else:
        with pytest.raises(ValueError, match="dated back"):
            check_stamped(stamp, CHECKPOINT, trusted)


def test_a_file_without_certificates_is_none() -> None:
    for content in (b"", b"-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----"):
        with pytest.raises(ValueError, match=r"."):
            parse_certificates(content)


def test_one_that_openssl_made_holds() -> None:
    folder = Path(__file__).parent / "openssl"
    stamp, content = (folder / "stamp.tsr").read_bytes(), (folder / "stamped.json").read_bytes()
    trusted = parse_certificates((folder / "root.pem").read_bytes())
    assert check_stamp(stamp, content, trusted).at == datetime(2026, 11, 24, 1, 51, 8, tzinfo=UTC)
    with pytest.raises(ValueError, match="over something else"):
        check_stamp(stamp, content + b" ", trusted)
