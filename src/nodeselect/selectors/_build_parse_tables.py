"""Build ``_parse_tables.py`` from ``grammar/selector.lark``.

Run ``python -m nodeselect.selectors._build_parse_tables`` after each change of the grammar; a test
fails until then. Lark numbers the tables differently in each run, so the file contains the digest
of the grammar that it was built from.
"""

from hashlib import sha256
from importlib import resources
from pathlib import Path
from pprint import pformat

from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

__all__ = ["build_parser", "build_tables", "grammar_digest", "grammar_text"]


def grammar_text() -> str:
    """Return the text of the grammar that ships with the package."""
    return (resources.files("nodeselect") / "grammar" / "selector.lark").read_text("utf-8")


def grammar_digest() -> str:
    """Return the digest of the grammar's text."""
    return sha256(grammar_text().encode()).hexdigest()


def build_parser() -> Lark:
    """Build Lark's parser from the grammar, which takes over 100 ms in a new process."""
    return Lark(grammar_text(), parser="lalr", start="selector", maybe_placeholders=False)


def build_tables() -> str:
    """Return the text of ``_parse_tables.py``."""
    data, memo = build_parser().memo_serialize([TerminalDef, Rule])
    return (
        '"""Generated from grammar/selector.lark by _build_parse_tables.py. Do not edit."""\n\n'
        "from typing import Any\n\n"
        f'GRAMMAR = "{grammar_digest()}"\n\n'
        f"DATA: dict[str, Any] = {pformat(data, width=98)}\n\n"
        f"MEMO: dict[int, Any] = {pformat(memo, width=98)}\n"
    )


if __name__ == "__main__":
    Path(__file__).with_name("_parse_tables.py").write_text(build_tables(), "utf-8")
