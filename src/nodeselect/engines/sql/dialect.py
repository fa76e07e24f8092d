"""The conditions in SQL, and what of them is the same in all dialects.

A dialect combines texts of SQL: names that are quoted, and constants that are literals or the marks
of bound parameters. What a user wrote reaches it only through :meth:`Dialect.quote` and
:meth:`Dialect.literal`.
"""

import re
from collections.abc import Sequence
from typing import Final

PLAIN: Final = re.compile(r"[A-Za-z0-9._/@+\- ]*")
"""Texts that mean themselves between single quotes in every dialect, whatever the settings."""


class Dialect:
    """Base class of the dialects: each method returns a text of SQL, made of other such texts.

    A value is NULL if the label is absent. So each condition starts with ``... IS NOT NULL AND``:
    unlike ``coalesce``, this lets engines use the rest of the condition for indexes and files.
    """

    name = ""
    quotes = '"'
    """What encloses a name, and is doubled within it."""
    random = "random()"
    """The function that returns another number for each row."""
    fence = ""
    """What keeps a subquery from being merged into the query around it."""

    # Conditions on a column of all labels.

    def value(self, labels: str, key: str) -> str:
        """Return one label, NULL if it is absent."""
        raise NotImplementedError

    def has_key(self, labels: str, key: str) -> str:
        """Test that a label is present."""
        return self.is_present(self.value(labels, key))

    def label_in(self, labels: str, key: str, values: Sequence[str], pairs: Sequence[str]) -> str:
        """Return SQL that tests whether a label has one of the values.

        :param pairs: for each of ``values``, the constant of a JSON object ``{key: value}``.
        """
        return self.value_in(self.value(labels, key), values)

    def label_between(self, labels: str, key: str, low: str, high: str) -> str:
        """Return SQL that tests whether a label is an integer within the bounds."""
        return self.value_between(self.value(labels, key), low, high)

    # Conditions on one value.

    def is_present(self, value: str) -> str:
        """Test that a value is present."""
        return f"{value} IS NOT NULL"

    def value_in(self, value: str, values: Sequence[str]) -> str:
        """Return SQL that tests whether a value is one of ``values``, whatever its collation."""
        return f"({value} IS NOT NULL AND {self.in_bytes(value)} IN ({', '.join(values)}))"

    def value_between(self, value: str, low: str, high: str) -> str:
        """Return SQL that tests whether a value is an integer within the bounds."""
        # Only CASE ensures that what is not digits is never cast; AND does not.
        return (
            f"CASE WHEN {self.may_be_integer(value)}"
            f" THEN {self.to_integer(value)} BETWEEN {low} AND {high} ELSE FALSE END"
        )

    def id_in(self, column: str, ids: Sequence[str]) -> str:
        """Test that a column has one of ``ids``, which are not quoted."""
        return self.value_in(column, list(map(self.literal, ids)))

    def in_bytes(self, value: str) -> str:
        """Return SQL for a value that compares byte for byte, whatever its collation."""
        return value

    def join_keys(self, text: str) -> str:
        """Return the columns to compare in ``IN (SELECT ...)``, so that only equal bytes match.

        :param text: the column whose texts are compared.
        """
        return self.in_bytes(text)

    def may_be_integer(self, value: str) -> str:
        """Return SQL that tests whether a value is an optional sign, zeros, and up to 19 digits.

        Every 64-bit integer is; so are some larger numbers.
        """
        raise NotImplementedError

    def to_integer(self, value: str) -> str:
        """Return SQL that casts a value to a type which can hold all integers of 19 digits."""
        return f"CAST({value} AS DECIMAL(38, 0))"

    def bytewise(self, value: str) -> str:
        """Return SQL for a value that sorts and groups byte for byte; its type may be bytes."""
        return self.in_bytes(value)

    # All labels.

    def each_label(self, labels: str, rows: str) -> str:
        """Return a query with the columns ``label_key`` and ``label_value``: a row for each label.

        :param labels: the column of all labels in ``rows``.
        :param rows: what to write after FROM.
        """
        raise NotImplementedError

    # Names and constants.

    def quote(self, name: str) -> str:
        """Quote one name."""
        return f"{self.quotes}{name.replace(self.quotes, self.quotes * 2)}{self.quotes}"

    def literal(self, text: str) -> str:
        """Return a text as a constant of SQL.

        If it has other characters than letters, digits and a few marks, it is written in
        hexadecimal digits: then no rule about quotes or backslashes, and no setting of the server,
        can give it another meaning.
        """
        return f"'{text}'" if PLAIN.fullmatch(text) else self.hexadecimal(text)

    def hexadecimal(self, text: str) -> str:
        """Write a constant in hexadecimal digits."""
        raise NotImplementedError
