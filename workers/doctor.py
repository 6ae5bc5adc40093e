"""What `proofdesk doctor` looks at: one function for each part, one finding each, with how to mend it."""

import errno
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from pipeline import assembly
from pipeline.domain.actors import Actor
from pipeline.errors import ConfigurationError, PipelineError, TransientError
from pipeline.services.championing import ChampionView
from pipeline.services.intake import CLAIMED
from pipeline.settings import Settings
from workers import report
from workers.embedded import find_program
from workers.rq_queue import RqQueue
from workers.web import reachable_url

_OLDEST_PYTHON = (3, 11)
_FREE_BYTES_LOW = 2 * 1024**3
_FREE_BYTES_MIN = 200 * 1024**2
_CLOCKS_APART_SECONDS = 2.0
_EARLIEST_YEAR = 2026


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True)
class Check:
    """One part's finding; `mend` says what to do where it is not ok."""

    part: str
    state: State
    found: str
    mend: str = ""


def examine(settings: Settings) -> list[Check]:
    """Return a finding for each part; a check that fails in an unexpected way is itself a finding."""
    checks: tuple[tuple[str, Callable[[Settings], Check]], ...] = (
        ("python", check_python),
        ("data folder", check_data),
        ("disk space", check_disk),
        ("drop folder", check_drop),
        ("output folder", check_out),
        ("clock", check_clock),
        ("database", check_database),
        ("vault", check_vault),
        ("queue", check_queue),
        ("workers", check_workers),
        ("learning", check_learning),
        ("checkpoints", check_checkpoints),
        ("watcher", check_watcher),
        ("reader", check_reader),
        ("OCR", check_ocr),
        ("web server", check_web),
    )
    return [_made(part, check, settings) for part, check in checks]


def check_python(settings: Settings) -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _OLDEST_PYTHON:
        return Check("python", State.BAD, found, "Install Python 3.11 or newer and install Proofdesk with it.")
    return Check("python", State.OK, found)


def check_data(settings: Settings) -> Check:
    folder = settings.data_path
    if not folder.is_dir():
        return Check("data folder", State.BAD, f"{folder} is missing", "Run `proofdesk up`, or set PROOFDESK_DATA.")
    problem = _write_problem(folder)
    if problem:
        return Check("data folder", State.BAD, f"{folder}: {problem}", _mend_writing(folder))
    if folder.stat().st_mode & 0o007:
        return Check(
            "data folder", State.WARNING, f"{folder} is open to all users of this machine", f"Run: chmod 700 {folder}"
        )
    return Check("data folder", State.OK, str(folder))


def check_disk(settings: Settings) -> Check:
    places = {"data": settings.data_path, "drop": settings.drop_path, "out": settings.out_path}
    free = {name: shutil.disk_usage(path).free for name, path in places.items() if path.exists()}
    if not free:
        return Check("disk space", State.WARNING, "no folder to measure", "Run `proofdesk up` first.")
    name = min(free, key=lambda place: free[place])
    found = f"{free[name] / 1e9:.1f} GB free ({name})"
    if free[name] < _FREE_BYTES_MIN:
        return Check("disk space", State.BAD, found, f"Make room on the disk that holds {places[name]}.")
    if free[name] < _FREE_BYTES_LOW:
        return Check("disk space", State.WARNING, found, f"Make room soon on the disk that holds {places[name]}.")
    return Check("disk space", State.OK, found)


def check_drop(settings: Settings) -> Check:
    folder = settings.drop_path
    if not folder.is_dir():
        return Check("drop folder", State.BAD, f"{folder} is missing", "Create it, mount it, or set PROOFDESK_DROP.")
    if not os.access(folder, os.R_OK | os.X_OK):
        return Check("drop folder", State.BAD, f"{folder} can't be read", "Give Proofdesk's user the right to read it.")
    problem = _write_problem(folder) or _move_problem(folder)
    if problem:
        return Check(
            "drop folder",
            State.BAD,
            f"{folder}: {problem}",
            "Let Proofdesk's user create and move files there, and keep its subfolders on the same file system.",
        )
    return Check("drop folder", State.OK, str(folder))


def check_out(settings: Settings) -> Check:
    folder = settings.out_path
    if not folder.is_dir():
        return Check("output folder", State.WARNING, f"{folder} is missing", "It is made by the first delivery.")
    problem = _write_problem(folder)
    if problem:
        return Check("output folder", State.BAD, f"{folder}: {problem}", _mend_writing(folder))
    return Check("output folder", State.OK, str(folder))


def check_clock(settings: Settings) -> Check:
    if time.gmtime().tm_year < _EARLIEST_YEAR:
        return Check("clock", State.BAD, time.strftime("%Y-%m-%d", time.gmtime()), "Set this machine's clock.")
    folder = settings.drop_path
    if folder.is_dir() and os.access(folder, os.W_OK):
        probe = folder / f".doctor-{os.getpid()}"
        probe.touch()
        apart = probe.stat().st_mtime - time.time()
        probe.unlink()
        if abs(apart) > _CLOCKS_APART_SECONDS:
            return Check(
                "clock",
                State.WARNING,
                f"the drop folder's file server is {apart:+.0f} s off",
                "Have both machines keep time by the same NTP server.",
            )
    return Check("clock", State.OK, time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()))


def check_database(settings: Settings) -> Check:
    if settings.database_url is None and not settings.data_path.is_dir():
        return Check("database", State.BAD, "not created yet", "Run `proofdesk up`, or `proofdesk db upgrade`.")
    word = _health(settings, "database")
    if word != "ok":
        return Check("database", State.BAD, word, "Run `proofdesk db upgrade`, or check DATABASE_URL and its server.")
    return Check("database", State.OK, "SQLite" if settings.database.startswith("sqlite") else "PostgreSQL")


def check_vault(settings: Settings) -> Check:
    if not settings.data_path.is_dir():
        return Check("vault", State.BAD, "not created yet", "Run `proofdesk up`.")
    word = _health(settings, "vault")
    if word != "ok":
        mend = "Restore the vault and the secret file that belong to this database, or check PROOFDESK_VAULT_URL."
        return Check("vault", State.BAD, word, mend)
    return Check("vault", State.OK, "SQLite" if settings.vault.startswith("sqlite") else "PostgreSQL")


def _health(settings: Settings, part: str) -> str:
    """Return the word that the installation has on one of its parts."""
    queue = RqQueue.from_settings(settings)
    services = assembly.build(_blind(settings), queue)
    try:
        return services.health.ready()[1][part]
    finally:
        services.close()
        queue.close()


def check_queue(settings: Settings) -> Check:
    queue = RqQueue.from_settings(settings)
    try:
        return Check("queue", State.OK, f"{queue.depth()} jobs wait")
    except TransientError:
        if settings.redis_url:
            return Check("queue", State.BAD, "does not answer", "Check that REDIS_URL is right and its server runs.")
        return Check(
            "queue",
            State.BAD,
            f"the embedded server is not running (its program would be {find_program()})",
            "Run `proofdesk up`.",
        )
    finally:
        queue.close()


def check_workers(settings: Settings) -> Check:
    queue = RqQueue.from_settings(settings)
    try:
        alive = queue.workers()
    except TransientError:
        return Check("workers", State.BAD, "unknown: the queue does not answer", "Mend the queue first.")
    finally:
        queue.close()
    if not alive:
        return Check("workers", State.BAD, "none", "Run `proofdesk up`, or `proofdesk worker` on another machine.")
    return Check("workers", State.OK, f"{alive} alive")


def check_learning(settings: Settings) -> Check:
    """Return which model reads, and whether anything that was approved can still be learned from."""
    queue = RqQueue.from_settings(settings)
    services = assembly.build(_blind(settings), queue)
    try:
        if services.health.ready()[1]["database"] != "ok":
            return Check("learning", State.BAD, "unknown: the database is not ready", "Mend the database first.")
        champion = services.championing.champion(by=Actor.machine("doctor"))
        if (problem := _unreadable(services, champion)) is not None:
            return problem
        alive = queue.learners()
    except TransientError:
        return Check("learning", State.BAD, "unknown: the queue does not answer", "Mend the queue first.")
    finally:
        services.close()
        queue.close()
    found = "no model yet: the rules alone read"
    if champion.version is not None:
        found = f"model {champion.version} reads, learned from {champion.documents} documents"
    if champion.failure is not None:
        return Check("learning", State.WARNING, f"{found}; the last training stopped", champion.failure)
    if settings.learn and not alive:
        mend = "Run `proofdesk up`, or `proofdesk worker --queue learn`."
        return Check("learning", State.WARNING, f"{found}; nobody trains", mend)
    return Check("learning", State.OK, found)


def _unreadable(services: assembly.Services, champion: ChampionView) -> Check | None:
    """Return what is wrong with the champion's file: it may be gone, damaged, or of an earlier version's making."""
    if champion.version is None:
        return None
    mend = "Press “Train again from everything” on the Learning page, or put another model in force there."
    if not champion.is_there:
        return Check("learning", State.BAD, f"the file of model {champion.version} is gone: the rules read", mend)
    try:
        services.championing.models.read(champion.version)
    except ConfigurationError:
        said = f"model {champion.version} is damaged, or of another version of Proofdesk: the rules read"
        return Check("learning", State.BAD, said, mend)
    return None


def check_checkpoints(settings: Settings) -> Check:
    """Return whether checkpoints of the record get away from this machine, and whether they are time-stamped."""
    queue = RqQueue.from_settings(settings)
    services = assembly.build(_blind(settings), queue)
    try:
        if services.health.ready()[1]["database"] != "ok":
            return Check("checkpoints", State.BAD, "unknown: the database is not ready", "Mend the database first.")
        standing = services.checkpointing.standing(by=Actor.machine("doctor"))
        services.checkpointing.list_keys(by=Actor.machine("doctor"))  # raises where they can't be used
    finally:
        services.close()
        queue.close()
    found = ", ".join(place.place for place in standing.outlets) or "none leave by themselves"
    if standing.authority is not None:
        found += f"; time-stamped by {standing.authority.place}"
    problems = [place.problem for place in (*standing.outlets, standing.authority) if place and place.problem]
    if problems:
        return Check("checkpoints", State.WARNING, found, " ".join(problems))
    return Check("checkpoints", State.OK, found)


def check_watcher(settings: Settings) -> Check:
    found = report.read(settings.data_path)
    if found["watcher"] != "watching":
        return Check(
            "watcher", State.BAD, "nobody watches the drop folder", "Run `proofdesk up`, or `proofdesk watch`."
        )
    left = sum(found["left_in_place"].values())
    if left:
        return Check(
            "watcher",
            State.WARNING,
            f"{left} left in the drop folder",
            "See `proofdesk status` for what and why.",
        )
    return Check("watcher", State.OK, "watching")


def check_reader(settings: Settings) -> Check:
    offline = assembly.offline(_blind(settings))
    try:
        isolated = offline.reader.network_isolated(offline.limits)
    finally:
        offline.close()
    if not isolated:
        return Check(
            "reader",
            State.WARNING,
            "it works, but its network can't be cut off here",
            "Allow user namespaces for Proofdesk's user, or run it where nothing secret can be reached.",
        )
    return Check("reader", State.OK, "starts, and has no network")


def check_ocr(settings: Settings) -> Check:
    if not settings.read_images:
        return Check("OCR", State.OK, "switched off: pages that are images are left to the eye")
    offline = assembly.offline(settings)
    try:
        isolated = offline.reader.images_isolated()
    finally:
        offline.close()
    if not isolated:
        return Check(
            "OCR",
            State.WARNING,
            "it works, but its network can't be cut off here",
            "Allow user namespaces for Proofdesk's user, or run it where nothing secret can be reached.",
        )
    return Check("OCR", State.OK, f"{settings.ocr_engine} starts, and has no network")


def check_web(settings: Settings) -> Check:
    url = reachable_url(settings)
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(f"{url}/readyz", timeout=5):
            return Check("web server", State.OK, url)
    except HTTPError as error:
        return Check("web server", State.WARNING, f"{url} says that it is not ready ({error.code})", "See above.")
    except (URLError, OSError):
        return Check(
            "web server",
            State.WARNING,
            f"nothing answers at {url}",
            "Run `proofdesk up`, or `proofdesk web`; where it runs elsewhere, this is no fault.",
        )


def _made(part: str, check: Callable[[Settings], Check], settings: Settings) -> Check:
    try:
        return check(settings)
    except ConfigurationError as error:
        return Check(part, State.BAD, "can't be used", str(error))
    except PipelineError as error:
        return Check(part, State.BAD, "does not work", str(error))
    except OSError as error:
        return Check(part, State.BAD, error.strerror or type(error).__name__, "Check the folder's rights and its disk.")


def _blind(settings: Settings) -> Settings:
    """Return the settings without an OCR engine, which has a check of its own."""
    return settings.model_copy(update={"read_images": False})


def _mend_writing(folder: Path) -> str:
    """Return what to do where no file can be written in the folder."""
    if shutil.disk_usage(folder).free == 0:
        return f"Make room on the disk that holds {folder}."
    return "Give Proofdesk's user the right to write there."


def _write_problem(folder: Path) -> str:
    """Return why no file can be written there, or nothing."""
    probe = folder / f".doctor-{os.getpid()}"
    try:
        with probe.open("wb") as stream:
            stream.write(b"x")
            os.fsync(stream.fileno())
        probe.unlink()
    except OSError as error:
        probe.unlink(missing_ok=True)
        return f"can't be written ({error.strerror})"
    return ""


def _move_problem(drop: Path) -> str:
    """Return why a file can't be claimed by one atomic move, or nothing."""
    probe = drop / f".doctor-{os.getpid()}"
    target = drop / CLAIMED / f".doctor-{os.getpid()}"
    was_there = target.parent.exists()
    try:
        probe.touch()
        target.parent.mkdir(exist_ok=True)
        probe.rename(target)
        target.unlink()
        if not was_there:
            target.parent.rmdir()
    except OSError as error:
        probe.unlink(missing_ok=True)
        if error.errno == errno.EXDEV:
            return f"its folder {CLAIMED} is on another file system"
        return f"files can't be moved in it ({error.strerror})"
    return ""
