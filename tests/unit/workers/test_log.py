import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import click
import pytest
import structlog
from gunicorn.config import Config

from pipeline.errors import NotFoundError
from pipeline.ports import Job
from workers import jobs, log
from workers.cli import REFUSED, Desk
from workers.weblog import WebLog

Written = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def written() -> Iterator[Written]:
    """What this process logs, line by line; the test's own configuration is put back."""
    before = structlog.get_config(), logging.getLogger().handlers[:], logging.getLogger().level
    stream = io.StringIO()
    log.configure("test", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.contextvars.clear_contextvars()
    structlog.configure(**before[0])
    logging.getLogger().handlers[:], logging.getLogger().level = before[1], before[2]


def broken() -> None:
    try:
        float("12,30 Geheimrat")
    except ValueError as error:
        raise RuntimeError("Geheimrat owes 12,30") from error


def test_frames_name_types_and_places_and_quote_no_message() -> None:
    with pytest.raises(RuntimeError) as caught:
        broken()
    told = "\n".join(log.frames(caught.value))
    assert "builtins.ValueError" in told
    assert "builtins.RuntimeError" in told
    assert "test_log.py" in told
    assert "Geheimrat" not in told


def test_a_traceback_in_the_log_has_no_message_whoever_logs_it(written: Written) -> None:
    for logger in (structlog.get_logger("ours"), logging.getLogger("library")):
        try:
            broken()
        except RuntimeError:
            logger.error("it.broke", exc_info=True)
    ours, theirs = written()
    for line in (ours, theirs):
        assert line["part"] == "test"
        assert line["event"] == "it.broke"
        assert any("broken" in frame for frame in line["frames"])
        assert "Geheimrat" not in json.dumps(line)


def test_a_crash_in_a_job_leaves_the_queue_server_no_more_than_its_type(written: Written) -> None:
    with pytest.raises(jobs.JobCrashedError) as caught:
        jobs.run(Job.PROCESS, 7, broken)
    assert str(caught.value) == "process 7: RuntimeError"
    assert caught.value.__suppress_context__
    (line,) = written()
    assert (line["event"], line["document_id"]) == ("job.crashed", 7)


def test_a_job_that_is_refused_on_purpose_is_told_by_its_code_and_is_no_crash(written: Written) -> None:
    def refuse() -> None:
        raise NotFoundError("There is no document 8 of Geheimrat.")

    jobs.run(Job.DELIVER, 8, refuse)
    (line,) = written()
    assert (line["event"], line["code"]) == ("job.refused", "not-found")
    assert "Geheimrat" not in json.dumps(line)


def test_what_the_web_server_could_not_answer_is_told_without_its_message_and_its_address(
    capsys: pytest.CaptureFixture[str], written: Written
) -> None:
    server = WebLog(Config())
    try:
        broken()
    except RuntimeError:
        server.exception("Error handling request %s", "/documents?q=Geheimrat")
    told = capsys.readouterr().err
    (line,) = (json.loads(each) for each in told.splitlines())
    assert (line["event"], line["part"]) == ("Error handling request", "web")
    assert any("broken" in frame for frame in line["frames"])
    assert "Geheimrat" not in told


def test_a_fault_of_a_command_is_told_by_its_places_alone(capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk(commands={"stumble": click.Command("stumble", callback=broken)})
    with pytest.raises(SystemExit) as ended:
        desk(["stumble"], prog_name="proofdesk")
    told = capsys.readouterr().err
    assert ended.value.code == REFUSED
    assert "proofdesk doctor" in told
    assert "builtins.RuntimeError" in told
    assert "Geheimrat" not in told
