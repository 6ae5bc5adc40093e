"""The talk between the reading process and its parent."""

import os
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.readers.frames import HEADER, ClosedError, Frame, GarbledError, Kind, LateError, receive, send

Pipe = tuple[int, int]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue


@given(st.sampled_from(Kind), st.binary(max_size=4096), st.integers(min_value=0, max_value=2**64 - 1))
def test_frame_comes_out_as_it_went_in(kind: Kind, payload: bytes, resident: int) -> None:
    reading, writing = os.pipe()
    try:
        send(writing, Frame(kind, payload, resident))
        assert receive(reading, time.monotonic() + 10) == Frame(kind, payload, resident)
    finally:
        os.close(reading)
        os.close(writing)


def test_other_side_gone_is_told_from_an_answer(pipe: Pipe) -> None:
    os.close(pipe[1])
    with pytest.raises(ClosedError):
        receive(pipe[0], time.monotonic() + 10)


def test_answer_cut_short_counts_as_gone(pipe: Pipe) -> None:
    os.write(pipe[1], HEADER.pack(b"P", 100, 0) + b"only this")
    os.close(pipe[1])
    with pytest.raises(ClosedError):
        receive(pipe[0], time.monotonic() + 10)


def test_nobody_reading_counts_as_gone(pipe: Pipe) -> None:
    os.close(pipe[0])
    with pytest.raises(ClosedError):
        send(pipe[1], Frame(Kind.DONE, b"{}"))


def test_silence_ends_at_the_deadline(pipe: Pipe) -> None:
    with pytest.raises(LateError):
        receive(pipe[0], time.monotonic() + 0.01)


def test_trickle_of_bytes_does_not_move_the_deadline(pipe: Pipe) -> None:
    os.write(pipe[1], HEADER.pack(b"P", 100, 0) + b"some")
    with pytest.raises(LateError):
        receive(pipe[0], time.monotonic() + 0.01)


@pytest.mark.parametrize("header", [HEADER.pack(b"?", 0, 0), HEADER.pack(b"P", 2**60, 0)], ids=["kind", "length"])
def test_nonsense_is_refused_before_it_is_read(pipe: Pipe, header: bytes) -> None:
    os.write(pipe[1], header)
    with pytest.raises(GarbledError):
        receive(pipe[0], time.monotonic() + 10)
