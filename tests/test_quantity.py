"""Quantities: what Kubernetes accepts, as integers, and back."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect.quantity import MAX_AMOUNT, parse_exact, parse_quantity, quantity_text, round_up

UNITS = {
    "": 1,
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    **{suffix: 1000**power for power, suffix in enumerate("kMGTPE", 1)},
    **{f"{suffix}i": 1024**power for power, suffix in enumerate("KMGTPE", 1)},
    "e3": 1000,
    "E-2": Fraction(1, 100),
    "e+05": 10**5,
    "e-30": Fraction(1, 10**30),
}


@pytest.mark.parametrize(
    ("text", "units", "thousandths"),
    [
        ("-0", 0, 0),
        ("+5", 5, 5000),
        ("1.", 1, 1000),
        (".5", 1, 500),
        ("1E+2", 100, 10**5),
        ("1E", 10**18, None),
        ("1e-400", 1, 1),
        ("0e999999999", 0, 0),
        ("9223372036854775807", MAX_AMOUNT, None),
        ("9Ei", MAX_AMOUNT, None),
        ("9223372036854775808Ki", MAX_AMOUNT, None),
        ("9.5Ei", MAX_AMOUNT, None),
    ],
)
def test_kubernetes_accepts(text: str, units: int, thousandths: int | None) -> None:
    """The values are those of Value and MilliValue in Go; None if these overflow there."""
    assert parse_quantity("memory", text) == units
    if thousandths is None:
        with pytest.raises(ValueError, match="too large"):
            parse_quantity("cpu", text)
    else:
        assert parse_quantity("cpu", text) == thousandths


@pytest.mark.parametrize(("suffix", "unit"), UNITS.items())
def test_every_suffix(suffix: str, unit: int | Fraction) -> None:
    """Each suffix has its size, also in the short texts that are parsed faster; and back."""
    assert parse_quantity("memory", f"3{suffix}") == math.ceil(3 * unit)
    assert parse_quantity("cpu", f"0.003{suffix}") == math.ceil(3 * unit)
    if unit < 10**15:
        assert parse_quantity("cpu", f"3{suffix}") == math.ceil(3000 * unit)
    if suffix.isalpha() and unit > 1:
        assert quantity_text("memory", 7 * int(unit)) == f"7{suffix}"


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", " 1", "1 ", "1\n", "one", "1_000", "1,5", "0x10", "\u0663", "1\u0663", "1.5.5"),
        *("1K", "1ki", "1KI", "1mi", "1Mb", "1MiB", "1g", "1e", "1e+", "1e1.5", "1Ee5", "1k5"),
        *("--1", "+-1", "1-", "inf", "nan", "1m+", "4 Gi", "4GB", "100%"),
        *("+", "-", ".", "m", "Ki", "e5", ".Ki"),  # which have no digits: 0 in Go, by accident
        *("1e9999999999", "1" * 1001),
    ],
)
def test_not_a_quantity(text: str) -> None:
    """Kubernetes rejects most of these; what has no digits, or is absurdly long, is refused too."""
    with pytest.raises(ValueError, match="is not a quantity, such as 2, 500m or 4Gi"):
        parse_quantity("cpu", text)


@pytest.mark.parametrize("text", ["-1", "-1n", "-0.5Ki", "-1e-400"])
def test_negative(text: str) -> None:
    with pytest.raises(ValueError, match="is negative"):
        parse_quantity("memory", text)


@pytest.mark.parametrize("text", ["9223372036854775808", "10E", "1e19", "1e999999999"])
def test_too_large(text: str) -> None:
    """What Go lets overflow is refused."""
    with pytest.raises(ValueError, match="is too large"):
        parse_quantity("memory", text)


@given(
    st.sampled_from(["cpu", "memory"]),
    st.from_regex(r"\A([0-9]{1,15}(\.[0-9]{0,20})?|\.[0-9]{1,20})\Z"),
    st.sampled_from(sorted(UNITS)),
)
def test_rounds_up(resource: str, number: str, suffix: str) -> None:
    """The amount is the exact number, rounded up once."""
    exact = Fraction(f"0{number}0") if "." in number else Fraction(number)
    exact *= UNITS[suffix] * (1000 if resource == "cpu" else 1)
    try:
        amount = parse_quantity(resource, number + suffix)
    except ValueError:
        assert exact > MAX_AMOUNT
    else:
        assert amount == min(-(-exact.numerator // exact.denominator), MAX_AMOUNT)


AMOUNTS = st.integers(0, MAX_AMOUNT) | st.builds(
    lambda number, unit: min(number * unit, MAX_AMOUNT),
    st.integers(0, 5000),
    st.sampled_from([int(unit) for unit in UNITS.values() if unit >= 1]),
)


@given(
    st.sampled_from(["cpu", "memory"]),
    st.lists(st.tuples(st.integers(0, 10**12), st.sampled_from(["n", "u", "m", ""])), min_size=1),
)
def test_sums_are_rounded_once(resource: str, parts: list[tuple[int, str]]) -> None:
    exact = sum(number * UNITS[suffix] for number, suffix in parts)
    total = sum(parse_exact(f"{number}{suffix}") for number, suffix in parts)
    assert round_up(resource, total) == math.ceil(exact * (1000 if resource == "cpu" else 1))


@given(st.sampled_from(["cpu", "memory", "pods"]), AMOUNTS)
def test_round_trip(resource: str, amount: int) -> None:
    """An amount as text, no longer than its digits, is the same amount when it is parsed."""
    text = quantity_text(resource, amount)
    assert parse_quantity(resource, text) == amount
    assert len(text) <= len(str(amount)) + (resource == "cpu")


@pytest.mark.parametrize(
    ("resource", "amount", "text"),
    [
        ("cpu", 0, "0"),
        ("cpu", 3920, "3920m"),
        ("cpu", 8000, "8"),
        ("memory", 15 * 2**30, "15Gi"),
        ("memory", 16262032 * 1024, "16262032Ki"),
        ("memory", 129 * 10**6, "129M"),
        ("pods", 110, "110"),
        ("memory", MAX_AMOUNT, "9223372036854775807"),
    ],
)
def test_shortest_text(resource: str, amount: int, text: str) -> None:
    assert quantity_text(resource, amount) == text
