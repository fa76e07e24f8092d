"""Which inputs are databases, and how messages name them."""

import re
from urllib.parse import unquote

__all__ = [
    "DIALECTS",
    "SCHEMES",
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

# All up to the last '@' may be a password; without slashes, also what is behind a first colon.
_USER = re.compile(r"\A(?:([^:/]*:/+[^:]*)|([^:/]*)(?=:[^/])):.*@", re.DOTALL)

# What follows a colon and is not a port, nor within the brackets of an address of IPv6.
_NO_PORT = re.compile(r"\A([^:/]*:/+[^:/@?]*):(?!\d*(?:[/?,]|\Z)|[^/@?]*\]).*", re.DOTALL)

_PARAMETER = re.compile(r"(?:\A|[?&;\s])[^?&;=\s]*(?:pass|pwd|secret)[^?&;=\s]*\s*=", re.IGNORECASE)


def is_database(source: str) -> bool:
    """Return whether an input is the address of a database."""
    scheme, colon, rest = source.partition(":")
    is_server = scheme.startswith("postgres")
    return bool(colon) and scheme in DIALECTS and (rest.startswith("//") or not is_server)


def is_address(source: str) -> bool:
    """Return whether an input that is no file was meant as an address, also an invalid one."""
    return bool(_SCHEME.match(source)) or without_password(source) != source


def without_password(source: str) -> str:
    """Return an input without what may be a password, whatever is wrong with its address.

    A password may contain any character, although it must not.
    """
    if (scheme := _FILE.match(source)) is None:
        source = _USER.sub(r"\1\2@", source)
        source = _NO_PORT.sub(r"\1", source)
    address, _, parameters = source.partition("?")
    if scheme is None:
        address = without_password_parameter(address)
    shown: list[str] = []
    for parameter in parameters.split("&"):
        if without_password_parameter(unquote(parameter)) != unquote(parameter):
            shown.append("")
        elif "=" in parameter or shown[-1:] != [""]:  # otherwise the rest of a password
            shown.append(parameter)
    return "?".join(filter(None, (address, "&".join(filter(None, shown)))))


def without_password_parameter(text: str) -> str:
    """Return a text up to ``password=`` or the like."""
    return _PARAMETER.split(text, maxsplit=1)[0]
