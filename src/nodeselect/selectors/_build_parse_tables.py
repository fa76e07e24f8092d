"""Makes ``_parse_tables.py`` from ``grammar/selector.lark``.

Run ``python -m nodeselect.selectors._build_parse_tables`` after each change of the grammar; a test
fails until that was done. Lark makes the tables, and Lark reads them. They are numbered anew in
each run, so the file tells which grammar it came from.
"""

from hashlib import sha256
from importlib import resources
from pathlib import Path
from pprint import pformat

from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

__all__ = ["build_parser", "grammar_digest", "made_tables"]


def grammar_text() -> str:
    """Give the text of the grammar, from where it ships."""
    return (resources.files("nodeselect") / "grammar" / "selector.lark").read_text("utf-8")


def grammar_digest() -> str:
    """Name the grammar by its text."""
    return sha256(grammar_text().encode()).hexdigest()


def build_parser() -> Lark:
    """Build Lark's parser from the grammar; over 100 ms in a new process."""
    return Lark(grammar_text(), parser="lalr", start="selector", maybe_placeholders=False)


def made_tables() -> str:
    """Give the text of ``_parse_tables.py``."""
    data, memo = build_parser().memo_serialize([TerminalDef, Rule])
    return (
        '"""Made from grammar/selector.lark by _build_parse_tables.py; not to be edited."""\n\n'
        "from typing import Any\n\n"
        f'GRAMMAR = "{grammar_digest()}"\n\n'
        f"DATA: dict[str, Any] = {pformat(data, width=98)}\n\n"
        f"MEMO: dict[int, Any] = {pformat(memo, width=98)}\n"
    )


if __name__ == "__main__":
    Path(__file__).with_name("_parse_tables.py").write_text(made_tables(), "utf-8")
