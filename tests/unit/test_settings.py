from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.settings import Settings


@pytest.mark.parametrize(
    "url", ["redis://localhost", "rediss://:pw@host:6380/1", "unix:///run/valkey.sock", "unix://%2Ftmp%2Fq.sock"]
)
def test_address_of_a_queue_server_is_taken(url: str) -> None:
    assert Settings.from_env({"REDIS_URL": url}).redis_url == url


@pytest.mark.parametrize("url", ["localhost:6379", "http://localhost", "redis://:hunter2@host:port/0"])
def test_address_that_is_none_of_a_queue_server_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Settings.from_env({"REDIS_URL": url})
    assert str(refused.value) == (
        "REDIS_URL cannot be used: it should look like redis://host:6379/0. Set it again, or unset it."
    )


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_a_postgresql_address_is_taken(scheme: str) -> None:
    settings = Settings.from_env({"DATABASE_URL": f"{scheme}://me:secret@host:5432/desk"})
    assert settings.database == "postgresql+psycopg://me:secret@host:5432/desk"


@pytest.mark.parametrize("url", ["desk", "mysql://me:hunter2@host/desk", "postgresql://me:hunter2@host:port/desk"])
def test_address_that_is_none_of_a_database_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^DATABASE_URL cannot be used") as refused:
        Settings.from_env({"DATABASE_URL": url})
    assert "hunter2" not in str(refused.value)


def test_checkpoints_go_to_folders_and_addresses() -> None:
    listed = "backup/checkpoints, https://keeper.example/proofdesk,http://127.0.0.1:9000/in"
    assert Settings.from_env({"PROOFDESK_CHECKPOINTS": listed}).checkpoint_places == (
        Path("backup/checkpoints").absolute(),
        "https://keeper.example/proofdesk",
        "http://127.0.0.1:9000/in",
    )
    assert Settings().checkpoint_places == (Path("data/checkpoints").absolute(),)


@pytest.mark.parametrize("name", ["PROOFDESK_CHECKPOINTS", "PROOFDESK_TIMESTAMPS"])
@pytest.mark.parametrize(
    "url", ["http://me:hunter2@keeper.example", "ftp://hunter2@host", "https://:hunter2@", "https://h:x"]
)
def test_an_address_that_anybody_could_read_is_refused_without_repeating_it(name: str, url: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name} cannot be used") as refused:
        Settings.from_env({name: url})
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(Settings.from_env({name: "https://me:hunter2@keeper.example/x"}))


def test_two_addresses_on_one_machine_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="could not be told apart"):
        Settings.from_env({"PROOFDESK_CHECKPOINTS": "https://a@keeper.example/1,https://b@Keeper.example/2"})
