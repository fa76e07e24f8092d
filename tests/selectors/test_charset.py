"""Integers are read as Go reads them, whatever their length."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect.selectors.charset import MAX_INT64, MIN_INT64, parse_int64
from tests import naive


@given(st.text("+-0012345678999 _x٣", max_size=25))
def test_a_text_is_an_integer_of_64_bits_or_none(text: str) -> None:
    """What is an integer, and which, is what the model says."""
    assert parse_int64(text) == naive.go_integer(text)


@pytest.mark.parametrize("zeros", ["", "0", "0" * 17, "0" * 18, "0" * 60_000])
@pytest.mark.parametrize("sign", ["", "+", "-"])
def test_zeros_at_the_start(zeros: str, sign: str) -> None:
    """Any number of zeros may be at the start, also of the first and the last integer."""
    for digits, number in {"": 0, "7": 7, f"{MAX_INT64}": MAX_INT64, "9" * 18: 10**18 - 1}.items():
        text = f"{sign}{zeros}{digits}"
        signed = -number if sign == "-" else number
        assert parse_int64(text) == (signed if zeros or digits else None)
        assert parse_int64(f"{text}x") is parse_int64(f"x{text}") is None
    assert parse_int64(f"-{zeros}{-MIN_INT64}") == MIN_INT64
    for digits in (f"{-MIN_INT64 + 1}", "1" + "0" * 19):
        assert parse_int64(f"{sign}{zeros}{digits}") is None
