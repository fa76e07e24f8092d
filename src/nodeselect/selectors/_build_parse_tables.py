"""Build ``_parse_tables.json`` from ``grammar/selector.lark``.

Run ``python -m nodeselect.selectors._build_parse_tables`` after each change of the grammar; a test
fails until then. Lark numbers the tables differently in each run, so the file contains the digest
of the grammar that it was built from.
"""

import json
from hashlib import sha256
from importlib import resources
from pathlib import Path

from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

__all__ = ["build_parser", "grammar_digest", "grammar_text"]


def grammar_text() -> str:
    """Return the text of the grammar that ships with the package."""
    return (resources.files("nodeselect") / "grammar" / "selector.lark").read_text("utf-8")


def grammar_digest() -> str:
    """Return the digest of the grammar's text."""
    return sha256(grammar_text().encode()).hexdigest()


def build_parser() -> Lark:
    """Build Lark's parser from the grammar, which takes over 100 ms in a new process."""
    return Lark(grammar_text(), parser="lalr", start="selector", maybe_placeholders=False)


if __name__ == "__main__":
    data, memo = build_parser().memo_serialize([TerminalDef, Rule])
    tables = {"grammar": grammar_digest(), "data": data, "memo": memo}
    Path(__file__).with_name("_parse_tables.json").write_text(json.dumps(tables) + "\n", "utf-8")
