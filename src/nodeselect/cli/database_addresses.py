"""Which inputs are databases, and how messages name them."""

import re

__all__ = [
    "DIALECTS",
    "SCHEMES",
    "database_in",
    "is_address",
    "is_database",
    "without_password",
    "without_password_parameter",
]

SCHEMES = (
    "duckdb:FILE?table=TABLE, sqlite:FILE?table=TABLE or postgresql://HOST/DATABASE?table=TABLE"
)
"""The forms of an address."""

DIALECTS = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "duckdb": "duckdb",
    "sqlite": "sqlite",
}
"""By the scheme of an address, the dialect of SQL."""

# On Windows, one letter is a drive.
_SCHEME = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]+:")

# What names a file, in which nothing is a password.
_FILE = re.compile(r"(?:duckdb|sqlite):(?!//)|[A-Za-z]:[\\/]")

_SEPARATOR = re.compile(r"[?&;\s]")

_END_OF_PORT = re.compile(r"[/?,]")

# The first bytes of the file of a database; of DuckDB, a checksum of eight bytes precedes them.
_MAGIC = {"sqlite": b"SQLite format 3\0", "duckdb": b"DUCK"}

# What is part of a parameter whose value is a password.
_SECRETS = ("pass", "pwd", "secret")


def is_database(source: str) -> bool:
    """Return whether an input is the address of a database."""
    scheme, colon, rest = source.partition(":")
    is_server = scheme.startswith("postgres")
    return bool(colon) and scheme in DIALECTS and (rest.startswith("//") or not is_server)


def database_in(start: bytes) -> str | None:
    """Return the scheme for a file that starts with these 16 bytes; None if it is no database."""
    return next((name for name, magic in _MAGIC.items() if magic in (start, start[8:12])), None)


def is_address(source: str) -> bool:
    """Return whether an input that is not a file looks like a database address, valid or not."""
    return bool(_SCHEME.match(source)) or without_password(source) != source


def without_password(source: str) -> str:
    """Return an input without what may be a password, even if it is not a valid address.

    The password may contain characters that should have been escaped, such as ``@``.
    """
    is_file = _FILE.match(source) is not None
    if not is_file:
        source = _without_user_password(source)
    address, _, parameters = source.partition("?")
    if not is_file:
        address = without_password_parameter(address)
    if not parameters:
        return address
    from urllib.parse import unquote  # loads slowly

    shown: list[str] = []
    for parameter in parameters.split("&"):
        if without_password_parameter(unquote(parameter)) != unquote(parameter):
            shown.append("")
        elif "=" in parameter or shown[-1:] != [""]:  # otherwise the rest of a password
            shown.append(parameter)
    return "?".join(filter(None, (address, "&".join(filter(None, shown)))))


def without_password_parameter(text: str) -> str:
    """Return the part of a text before ``password=``, ``pwd=`` or the like; without these, all."""
    end = 0
    for part in text.split("=")[:-1]:
        *others, key = _SEPARATOR.split(part.rstrip())
        is_key = not end or others  # and not a value that has a '='
        if is_key and any(each in key.lower() for each in _SECRETS):
            return text[: end + len(part.rstrip()) - len(key)].rstrip(" ?&;")
        end += len(part) + 1
    return text


def _without_user_password(source: str) -> str:
    """Return ``SCHEME://USER:PASSWORD@HOST`` without the password, for any number of slashes."""
    scheme, colon, rest = source.partition(":")
    if not colon or "/" in scheme:
        return source
    server = rest.lstrip("/")
    start = f"{scheme}:{rest[: len(rest) - len(server)]}"
    before, at, after = server.rpartition("@")
    if at and start.endswith("/"):
        return f"{start}{before.partition(':')[0]}@{after}"
    if at:
        return f"{scheme}@{after}"
    host, _, rest = server.partition(":")
    port = _END_OF_PORT.split(rest, maxsplit=1)[0]
    is_port = not port or port.isdigit() or host.startswith("[") or not start.endswith("/")
    return source if is_port or "/" in host or "?" in host else f"{start}{host}"
