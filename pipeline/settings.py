from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipeline.errors import ConfigurationError

PREFIX = "PROOFDESK_"
UNPREFIXED = {"redis_url": "REDIS_URL", "database_url": "DATABASE_URL"}


class Settings(BaseModel):
    """Everything an installation can set, read once in a composition root and passed as arguments.

    Each name carries its unit; docs/operations.md has a line for each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Path("data")
    drop: Path | None = None
    out: Path | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    admin_password: str | None = None
    secret_file: Path | None = None
    redis_url: str | None = None
    database_url: str | None = None
    vault_url: str | None = None
    secure_cookies: bool = False
    trusted_proxies: int = Field(default=0, ge=0)
    worker_processes: int = Field(default=2, ge=1)
    learn: bool = True
    extra_types: Path | None = None
    enabled_types: str = "invoice,receipt,purchase_order"
    settle_seconds: float = Field(default=2.0, ge=0)
    rescan_seconds: float = Field(default=5.0, gt=0)
    file_bytes_max: int = Field(default=100 * 1024 * 1024, ge=1)
    pages_max: int = Field(default=500, ge=1)
    read_seconds_max: float = Field(default=120.0, gt=0)
    read_bytes_max: int = Field(default=2 * 1024**3, ge=1)
    read_attachments: bool = True
    read_images: bool = True
    image_seconds_max: float = Field(default=60.0, gt=0)
    images_seconds_max: float = Field(default=1800.0, gt=0)
    ocr_engine: Literal["rapidocr", "tesseract"] = "rapidocr"
    ocr_languages: str = Field(default="eng", pattern=r"^[A-Za-z0-9_/]+(\+[A-Za-z0-9_/]+)*$")
    ocr_threads: int = Field(default=0, ge=0, le=64)
    upload_bytes_max: int = Field(default=200 * 1024 * 1024, ge=1)
    lease_seconds: int = Field(default=900, ge=30)
    handover_seconds: int = Field(default=8 * 3600, ge=60)
    session_idle_seconds: int = Field(default=8 * 3600, ge=60)
    session_seconds_max: int = Field(default=24 * 3600, ge=60)
    signing_idle_seconds: int = Field(default=900, ge=0)
    attempts_max: int = Field(default=3, ge=1)
    retry_seconds: int = Field(default=30, ge=0)
    sweep_seconds: float = Field(default=10.0, gt=0)
    due_hours: float = Field(default=24.0, gt=0)
    checkpoints: str | None = Field(default=None, repr=False)
    checkpoint_hours: float = Field(default=24.0, ge=0)
    timestamps: str | None = Field(default=None, repr=False)
    timestamp_certificates: Path | None = None
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = Field(default=None, repr=False)
    oidc_client_secret_file: Path | None = None
    oidc_scopes: str = "openid profile"
    oidc_role_claim: str = "groups"
    oidc_roles: str = ""
    oidc_groups: str = ""
    oidc_name_claim: str = "name"
    oidc_only: bool = False
    oidc_break_glass: str = "admin"
    embedded_bytes_max: int = Field(default=256 * 1024 * 1024, ge=1)

    @field_validator("redis_url")
    @classmethod
    def _check_redis(cls, url: str | None) -> str | None:
        return _check_address(url, ("redis", "rediss", "unix"), "redis://host:6379/0")

    @field_validator("database_url", "vault_url")
    @classmethod
    def _check_database(cls, url: str | None) -> str | None:
        kinds = ("postgresql", "postgres", "postgresql+psycopg", "sqlite")
        return _check_address(url, kinds, "postgresql://user:password@host/name")

    @field_validator("checkpoints")
    @classmethod
    def _check_places(cls, listed: str | None) -> str | None:
        addresses = [place for place in _listed(listed or "") if _is_address(place)]
        for address in addresses:
            _check_safe(address)
        if len({urlsplit(address).netloc.rpartition("@")[2].lower() for address in addresses}) < len(addresses):
            raise ValueError("two of its addresses are on one machine, and could not be told apart on record")
        return listed

    @field_validator("timestamps")
    @classmethod
    def _check_authority(cls, url: str | None) -> str | None:
        return _check_safe(url) if url else None

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """Return the settings that the environment asks for.

        Raises:
            ConfigurationError: a value cannot be read; the sentence names the variable.
        """
        found: dict[str, str] = {}
        for name in cls.model_fields:
            variable = variable_of(name)
            if environment.get(variable, "") != "":
                found[name] = environment[variable]
        try:
            return cls.model_validate(found)
        except ValidationError as error:
            first = error.errors()[0]
            variable = variable_of(str(first["loc"][0]))
            raise ConfigurationError(
                f"{variable} cannot be used: {first['msg'].removeprefix('Value error, ')}. Set it again, or unset it."
            ) from error

    @property
    def drop_path(self) -> Path:
        return (self.drop or self.data / "drop").absolute()

    @property
    def out_path(self) -> Path:
        return (self.out or self.data / "out").absolute()

    @property
    def checkpoint_places(self) -> tuple[Path | str, ...]:
        """Where checkpoints leave to: folders as absolute paths, addresses as they were given."""
        listed = _listed(self.checkpoints or "") or (str(self.data / "checkpoints"),)
        return tuple(place if _is_address(place) else Path(place).absolute() for place in listed)

    @property
    def data_path(self) -> Path:
        return self.data.absolute()

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force: DATABASE_URL, else an SQLite file in the data folder."""
        return _with_driver(self.database_url or f"sqlite:///{self.data_path / 'proofdesk.db'}")

    @property
    def vault(self) -> str:
        """The SQLAlchemy URL of documents' keys: PROOFDESK_VAULT_URL, else an SQLite file in a folder of its own."""
        return _with_driver(self.vault_url or f"sqlite:///{self.data_path / 'vault' / 'keys.db'}")


def _with_driver(url: str) -> str:
    for plain in ("postgres://", "postgresql://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def variable_of(name: str) -> str:
    """Return the environment variable that sets the setting `name`."""
    return UNPREFIXED.get(name, PREFIX + name.upper())


def _check_address(url: str | None, kinds: tuple[str, ...], example: str) -> str | None:
    """Return the address; the message of a refusal does not repeat it, because there may be a password in it."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        is_whole = "://" in url and parts.scheme in kinds and (parts.port is None or parts.port > 0)
    except ValueError:
        is_whole = False
    if not is_whole:
        raise ValueError(f"it should look like {example}")
    return url


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _is_address(place: str) -> bool:
    return "://" in place


def _check_safe(url: str) -> str:
    """Return an address that only its server can read and answer for: HTTPS, or this very machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in ("127.0.0.1", "localhost", "::1"))
        is_whole = bool(host) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_safe = is_whole = False
    if not (is_safe and is_whole):
        raise ValueError("an address should look like https://host/path; http is for this machine alone")
    return url
