import os
import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError, TransientError
from pipeline.ports import Job
from pipeline.settings import Settings
from workers.embedded import EmbeddedServer, find_program, is_answering, socket_path
from workers.rq_queue import RqQueue


@pytest.fixture
def settings() -> Iterator[Settings]:
    with tempfile.TemporaryDirectory(prefix="pd-") as folder:
        yield Settings(data=Path(folder))


def test_it_listens_on_a_private_socket_and_on_no_port(settings: Settings) -> None:
    with EmbeddedServer(settings) as server:
        queue = RqQueue.from_url(server.url)
        assert stat.S_IMODE(server.socket.parent.stat().st_mode) == 0o700
        assert queue.connection.config_get("port") == {"port": "0"}
        assert queue.connection.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert queue.connection.config_get("maxmemory") == {"maxmemory": str(settings.embedded_bytes_max)}


def test_a_second_start_finds_the_jobs_of_the_first(settings: Settings) -> None:
    queue = RqQueue.from_settings(settings)
    with EmbeddedServer(settings):
        queue.enqueue_many(Job.PROCESS, [1, 2, 3])
    with EmbeddedServer(settings):
        assert queue.depth() == 3


def test_it_leaves_no_process_and_no_socket_behind(settings: Settings) -> None:
    with EmbeddedServer(settings) as server:
        assert server.process is not None
        pid = server.process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not server.socket.exists()


def test_the_socket_of_a_killed_server_is_replaced(settings: Settings) -> None:
    first = EmbeddedServer(settings)
    first.start()
    assert first.process is not None
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    assert first.socket.exists()
    with EmbeddedServer(settings) as second:
        assert is_answering(second.url)


def test_jobs_that_can_no_longer_be_loaded_are_put_aside(settings: Settings) -> None:
    with EmbeddedServer(settings):
        RqQueue.from_settings(settings).enqueue(Job.PROCESS, 1)
    kept = settings.data_path / "queue" / "appendonlydir"
    for file in kept.glob("*.aof"):
        file.write_bytes(b"*3\r\n$3\r\nnot a log\r\n" * 10)
    with EmbeddedServer(settings):
        assert RqQueue.from_settings(settings).depth() == 0
    assert list((settings.data_path / "queue").glob("appendonlydir.unreadable-*"))


def test_a_full_server_refuses_new_rings_and_forgets_none(settings: Settings) -> None:
    small = settings.model_copy(update={"embedded_bytes_max": 4_000_000})
    with EmbeddedServer(small):
        queue = RqQueue.from_settings(small)
        depths = []
        for start in range(1, 10_000, 500):
            queue.enqueue_many(Job.PROCESS, list(range(start, start + 500)))
            depths.append(queue.depth())
        assert depths == sorted(depths)
        assert 0 < depths[-1] < 10_000
        assert queue.queue.job_ids[0].startswith("process-1-")


def test_a_long_data_folder_gets_its_socket_in_a_short_one() -> None:
    with tempfile.TemporaryDirectory(prefix="pd-") as folder:
        settings = Settings(data=Path(folder) / ("long" * 30))
        with EmbeddedServer(settings) as server:
            assert len(str(server.socket)) < 100
            assert stat.S_IMODE(server.socket.parent.stat().st_mode) == 0o700
            assert is_answering(server.url)
        server.socket.parent.rmdir()


def test_two_data_folders_never_share_a_socket(tmp_path: Path) -> None:
    one, other = tmp_path / ("a" * 150), tmp_path / ("a" * 149 + "b")
    assert socket_path(one) != socket_path(other)


def test_a_short_folder_that_somebody_else_laid_out_is_refused(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / ("long" * 40))
    planted = socket_path(settings.data_path).parent
    planted.symlink_to(tmp_path)
    try:
        with pytest.raises(ConfigurationError, match="private"):
            EmbeddedServer(settings).start()
    finally:
        planted.unlink()


def test_a_program_that_does_not_start_is_told_with_what_to_do(settings: Settings) -> None:
    with pytest.raises(TransientError, match="REDIS_URL"):
        EmbeddedServer(settings, program=Path("/bin/false")).start()


def test_a_server_that_died_is_revived_also_where_the_first_try_fails(settings: Settings) -> None:
    with EmbeddedServer(settings) as server:
        RqQueue.from_settings(settings).enqueue(Job.PROCESS, 1)
        assert server.process is not None
        server.process.kill()
        server.process.wait()
        server.program = Path("/bin/false")
        soon = server.revive()
        assert not is_answering(server.url)
        server.program = None
        assert server.revive() > soon
        assert is_answering(server.url)


def test_a_server_program_comes_with_the_installation() -> None:
    assert os.access(find_program(), os.X_OK)
