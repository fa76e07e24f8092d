"""Attributes that are computed when they are first read."""

from nodeselect.index.lazy import lazy


def test_lazy() -> None:
    """The value is computed once for each object; the class has the attribute's docstring."""
    computed = []

    class Box:
        def __init__(self, size: int) -> None:
            self.size = size

        @lazy
        def double(self) -> int:
            """Twice the size."""
            computed.append(self.size)
            return 2 * self.size

    one, other = Box(1), Box(2)
    assert (one.double, other.double, one.double) == (2, 4, 2)
    assert computed == [1, 2]
    assert Box.double.__doc__ == "Twice the size."
