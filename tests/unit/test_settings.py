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
