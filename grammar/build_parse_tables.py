"""Build ``src/nodeselect/selectors/_parse_tables.json`` from ``selector.lark``.

Run ``python grammar/build_parse_tables.py`` after each change of the grammar; a test fails until
then. Lark numbers the tables differently in each run, so the file contains the digest of the
grammar that it was built from.
"""

import json
from hashlib import sha256
from pathlib import Path

from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

__all__ = ["GRAMMAR", "build_parser", "grammar_digest"]

GRAMMAR = Path(__file__).with_name("selector.lark").read_text("utf-8")

_TABLES = "src/nodeselect/selectors/_parse_tables.json"


def grammar_digest() -> str:
    """Return the digest of the grammar's text."""
    return sha256(GRAMMAR.encode()).hexdigest()


def build_parser() -> Lark:
    """Build Lark's parser from the grammar, which takes over 100 ms in a new process."""
    return Lark(GRAMMAR, parser="lalr", start="selector", maybe_placeholders=False)


if __name__ == "__main__":
    data, memo = build_parser().memo_serialize([TerminalDef, Rule])
    tables = {"grammar": grammar_digest(), "data": data, "memo": memo}
    path = Path(__file__).parent.parent / _TABLES
    path.write_text(json.dumps(tables) + "\n", "utf-8")
