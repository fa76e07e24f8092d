"""Values that do not change."""

__all__ = ["Frozen"]


class Frozen:
    """Base of the slotted values: made once, by ``object.__setattr__``, and never changed."""

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a {type(self).__name__} is frozen: {name!r} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a {type(self).__name__} is frozen: {name!r} cannot be deleted")
