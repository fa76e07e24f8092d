"""Which inputs are databases, and how messages name them."""

import os
import re

from nodeselect.errors import InventoryError

# The forms of an address.
_FORMS = (
    "duckdb:FILE?table=TABLE, sqlite:FILE?table=TABLE or postgresql://HOST/DATABASE?table=TABLE"
)

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


def check_address(source: str) -> None:
    """Raise if an input looks like the address of a database, but is neither valid nor a file.

    :raises InventoryError: with the code ``invalid-address``.
    """
    is_meant = bool(_SCHEME.match(source)) or without_password(source) != source
    if is_meant and not is_database(source) and not os.path.lexists(source):
        message = "this is neither a file nor the address of a database"
        place = without_password(source)
        forms = _FORMS
        scheme, _, rest = place.partition(":")
        if scheme.startswith(("postgresql+", "postgres+")):
            forms = f"postgresql:{rest}"
        if source.startswith(("postgres:", "postgresql:")) and place == source:
            database, _, table = source.partition(":")[2].partition("?")
            forms = f"postgresql://localhost/{database}?{table or 'table=TABLE'}"
        raise InventoryError("invalid-address", message, place=place, hint=f"write {forms}")


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
