"""Tolerations: the taints of a node that do not keep a pod away.

Source: Kubernetes, ``Toleration.ToleratesTaint``, and ``ValidateTolerations`` of the API server.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, final

from nodeselect.decoded import read_fields, read_text, structure_error
from nodeselect.errors import SelectorError
from nodeselect.node import EFFECTS, Taint
from nodeselect.problem import Path, suggest_word
from nodeselect.selectors.charset import is_key, is_value
from nodeselect.selectors.diagnostics import key_error, value_error
from nodeselect.selectors.frozen import FrozenFields
from nodeselect.text import describe_json, join_limited, quoted, to_exact_str


@final
class Toleration(FrozenFields):
    """Taints that do not keep a pod away. Frozen.

    >>> from nodeselect import Taint
    >>> Toleration("nvidia.com/gpu", "Exists").tolerates(Taint("nvidia.com/gpu", "NoSchedule"))
    True

    :param key: the key of the taints; empty for any key, only with the operator ``Exists``.
    :param operator: ``Equal`` (or empty), or ``Exists``, for any value.
    :param value: the value of the taints; empty if the operator is ``Exists``.
    :param effect: the effect of the taints; empty for any effect.
    :raises SelectorError: if the API server would reject it; ``path`` is the name of the field.
    """

    _fields = ("key", "operator", "value", "effect")
    __slots__ = ("effect", "key", "operator", "value")

    key: str
    operator: str
    value: str
    effect: str

    def __init__(
        self, key: str = "", operator: str = "Equal", value: str = "", effect: str = ""
    ) -> None:
        key, value = to_exact_str(key, "a key"), to_exact_str(value, "a value")
        operator = to_exact_str(operator, "an operator") or "Equal"
        effect = to_exact_str(effect, "an effect")
        if key and not is_key(key):
            raise key_error(key, 0, len(key)).at("key")
        if not is_value(value):
            raise value_error(value, 0, len(value), key).at("value")
        if operator not in ("Equal", "Exists"):
            message = f"{quoted(operator)} is not an operator of tolerations"
            if operator in ("Gt", "Lt"):
                message += ", except as an alpha feature of Kubernetes"
            hint = suggest_word(operator, ("Equal", "Exists")) or "use Equal or Exists"
            raise structure_error("unknown-operator", message, ("operator",), hint)
        if not key and operator == "Equal":
            message = "without a key, the operator must be Exists"
            raise structure_error("missing-field", message, ("operator",))
        if value and operator == "Exists":
            message = "with the operator Exists, there must be no value"
            raise structure_error("wrong-number-of-values", message, ("value",))
        if effect and effect not in EFFECTS:
            message = f"{quoted(effect)} is not an effect of taints"
            hint = suggest_word(effect, EFFECTS) or f"use {join_limited(EFFECTS, conjunction='or')}"
            raise structure_error("unknown-effect", message, ("effect",), hint)
        self._set_fields(key, operator, value, effect)

    def tolerates(self, taint: Taint) -> bool:
        """Return whether it covers ``taint``. Cost: about 0.2 µs."""
        return (
            (not self.effect or self.effect == taint.effect)
            and (not self.key or self.key == taint.key)
            and (self.operator == "Exists" or self.value == taint.value)
        )


class Tolerations(FrozenFields):
    """All tolerations of a pod, without duplicates, which are found by key and effect."""

    _fields = ("distinct",)
    __slots__ = ("_values_of", "distinct")

    distinct: tuple[Toleration, ...]
    _values_of: dict[tuple[str, str], set[str] | None]  # by key and effect; None for any value

    def __init__(self, tolerations: Iterable[Toleration] = ()) -> None:
        distinct = tuple(dict.fromkeys(tolerations))
        values_of: dict[tuple[str, str], set[str] | None] = {}
        for each in distinct:
            if not isinstance(each, Toleration):
                raise TypeError(f"expected a Toleration, not {type(each).__name__}")
            values = values_of.setdefault((each.key, each.effect), set())
            if each.operator == "Exists":
                values_of[each.key, each.effect] = None
            elif values is not None:
                values.add(each.value)
        self._set_fields(distinct)
        object.__setattr__(self, "_values_of", values_of)

    def cover(self, key: str = "", effect: str = "") -> bool:
        """Return whether one covers all taints with a key and an effect, whatever the value.

        Without a key and an effect, these are all taints.
        """
        kinds = {(key, effect), (key, ""), ("", effect), ("", "")}
        return any(self._values_of.get(kind, ()) is None for kind in kinds)

    def exclude(self, taint: Taint) -> bool:
        """Return whether a taint keeps away the pod. Cost: about 0.3 µs, however many there are."""
        key, effect, value = taint
        if effect == "PreferNoSchedule":  # which only makes the node a worse choice
            return False
        if not self._values_of:
            return True
        find = self._values_of.get
        for kind in ((key, effect), (key, ""), ("", effect), ("", "")):
            values = find(kind, ())
            if values is None or value in values:
                return False
        return True


NO_TOLERATIONS: Final = Tolerations()

_toleration = lru_cache(maxsize=4_096)(Toleration)  # many pods have the same tolerations


_SECONDS = "tolerationSeconds"
_FIELDS = (*Toleration._fields, _SECONDS)


def read_toleration(value: object, path: Path) -> Toleration:
    """Return a toleration of a pod spec, from decoded JSON.

    :raises SelectorError: if it is invalid; ``path`` is such as ``tolerations[0].operator``.
    """
    fields = read_fields(value, path, _FIELDS)
    texts = {
        name: read_text(text, (*path, name))
        for name, text in fields.items()
        if text is not None and name != _SECONDS
    }
    try:
        toleration = _toleration(**texts)
    except SelectorError as error:
        raise error.within(*path) from None
    seconds = fields.get(_SECONDS)
    if seconds is not None and type(seconds) is not int:
        message = f"expected an integer, found {describe_json(seconds)}"
        raise structure_error("wrong-type", message, (*path, _SECONDS))
    if seconds is not None and toleration.effect != "NoExecute":
        message = f"with {_SECONDS}, the effect must be NoExecute"
        raise structure_error("unknown-effect", message, (*path, "effect"))
    return toleration


# What Kubernetes adds to the pods of a DaemonSet; the last one only if they use the host's network.
DAEMON_SET_TOLERATIONS = tuple(
    Toleration(f"node.kubernetes.io/{name}", "Exists", effect=effect)
    for name, effect in (
        *((name, "NoExecute") for name in ("not-ready", "unreachable")),
        *((f"{name}-pressure", "NoSchedule") for name in ("disk", "memory", "pid")),
        *((name, "NoSchedule") for name in ("unschedulable", "network-unavailable")),
    )
)

# What the plugin DefaultTolerationSeconds of the API server adds to every pod; it is always on.
DEFAULT_TOLERATIONS = DAEMON_SET_TOLERATIONS[:2]
