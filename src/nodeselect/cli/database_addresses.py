"""Which inputs are databases, and how messages name them."""

__all__ = ["DIALECTS", "is_database", "without_password"]

DIALECTS = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "duckdb": "duckdb",
    "sqlite": "sqlite",
}
"""By the scheme of an address, the dialect of SQL."""


def is_database(source: str) -> bool:
    """Return whether an input is the address of a database."""
    scheme, colon, rest = source.partition(":")
    is_server = scheme.startswith("postgres")
    return bool(colon) and scheme in DIALECTS and (rest.startswith("//") or not is_server)


def without_password(source: str) -> str:
    """Return an input, if it is a database without its password, whatever is wrong otherwise."""
    if not is_database(source):
        return source
    scheme, slashes, rest = source.partition("://")
    if slashes:
        # A password may contain '/' and '?', although it must not.
        before, at, rest = rest.rpartition("@")
        source = f"{scheme}://{before.partition(':')[0]}{at}{rest}"
    address, _, parameters = source.partition("?")
    shown = [each for each in parameters.split("&") if "pass" not in each.partition("=")[0]]
    return "?".join(filter(None, (address, "&".join(shown))))
