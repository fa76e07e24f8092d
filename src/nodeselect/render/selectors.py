"""Write selectors in the notations of other systems."""

import json
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from nodeselect.documents import scalar_kind
from nodeselect.notations.bacalhau import bacalhau_from_selector, no_counterpart_error
from nodeselect.problem import Fix
from nodeselect.render.screen import json_lines
from nodeselect.selectors import Selector, pod_spec_from_selectors
from nodeselect.selectors.label_selector import match_expression
from nodeselect.selectors.requirement import ID_KEY

# A string that YAML reads as it is, without quotes, in the block style.
_PLAIN = re.compile(r"[A-Za-z0-9/.][A-Za-z0-9/._ (),=<>!-]*(?<! )")


def selector_lines(selectors: Sequence[Selector], output: str) -> Iterable[str]:
    """Return the lines of alternative selectors; ``output`` is one of ``SELECTOR_FORMATS``.

    :raises SelectorError: if the format cannot express all of them.
    """
    # Of alternatives, one that matches nothing changes nothing.
    possible = [selector for selector in selectors if selector.ids != ()]
    return _WRITERS[output](possible)


def _text_lines(selectors: Sequence[Selector]) -> Iterator[str]:
    for selector in selectors:
        if selector.ids is not None:
            raise no_counterpart_error(
                "a text selector", ["ids"], "for match and explain, use --id"
            )
        _refuse_excluded_ids(selector, "a text selector")
        if not selector.requirements:
            what = "that every node matches"
            raise no_counterpart_error("a text selector", [what], "for match, use --all")
    if not selectors:
        raise no_counterpart_error("a text selector", ["that no node matches"])
    return map(str, selectors)


def _only(selectors: Sequence[Selector], system: str) -> Selector:
    """Return the only selector; for none or several, raise SelectorError with ``system``."""
    if len(selectors) == 1:
        return selectors[0]
    if not selectors:
        raise no_counterpart_error(system, ["that no node matches"])
    what, hint = f"{len(selectors):,} alternative selectors", "write each to a file of its own"
    if selectors[0].ids is None and not selectors[0].excluded_ids:
        option = f"-l {shlex.quote(str(selectors[0]))}"
        fix = Fix.write(option, f"{hint}; instead of the file, use")
        raise no_counterpart_error(system, [what], fix)
    raise no_counterpart_error(system, [what], hint)


def _refuse_excluded_ids(selector: Selector, system: str) -> None:
    if selector.excluded_ids:
        raise no_counterpart_error(system, ["excluded ids"])


def _job_lines(selectors: Sequence[Selector]) -> Iterator[str]:
    selector = _only(selectors, "a job spec")
    _refuse_excluded_ids(selector, "a job spec")
    fields = {
        "match_expressions": list(map(str, selector.requirements)),
        "match_ids": list(selector.ids or ()),
    }
    return _yaml_lines({"selector": {name: items for name, items in fields.items() if items}})


def _label_selector_lines(selectors: Sequence[Selector]) -> Iterable[str]:
    system = "a LabelSelector"
    if not selectors:
        return ["null"]
    selector = _only(selectors, system)
    refused = [str(each) for each in selector.requirements if each.operator.is_comparison]
    if selector.ids is not None or selector.excluded_ids:
        refused.append("ids")
    if refused:
        raise no_counterpart_error(system, refused)
    return _yaml_lines(selector.to_kubernetes())


def _bacalhau_lines(selectors: Sequence[Selector]) -> Iterator[str]:
    return _yaml_lines({"Constraints": bacalhau_from_selector(_only(selectors, "Bacalhau"))})


def _json_lines(selectors: Sequence[Selector]) -> list[str]:
    return json_lines({"version": 1, "selectors": list(map(_json_selector, selectors))})


def _json_selector(selector: Selector) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "requirements": [
            match_expression(each) for each in selector.requirements if each.key != ID_KEY
        ],
        "ids": None if selector.ids is None else list(selector.ids),
    }
    excluded = list(selector.excluded_ids)
    return fields | {"excluded_ids": excluded} if excluded else fields


_WRITERS: dict[str, Callable[[Sequence[Selector]], Iterable[str]]] = {
    "text": _text_lines,
    "job": _job_lines,
    "label-selector": _label_selector_lines,
    "pod-spec": lambda selectors: _yaml_lines(pod_spec_from_selectors(selectors)),
    "bacalhau": _bacalhau_lines,
    "json": _json_lines,
}


def _yaml_lines(value: Any, indent: str = "") -> Iterator[str]:
    """Yield the lines of a nested list or mapping of strings, as YAML in the block style."""
    if not value:
        yield indent + json.dumps(value)
        return
    if isinstance(value, dict):
        entries = [(f"{_yaml_text(key)}:", item) for key, item in value.items()]
    else:
        entries = [("-", item) for item in value]
    for head, item in entries:
        if isinstance(item, str):
            yield f"{indent}{head} {_yaml_text(item)}"
        elif not item:
            yield f"{indent}{head} {json.dumps(item)}"
        elif head == "-":  # its first line is beside the dash
            first, *others = _yaml_lines(item, f"{indent}  ")
            yield f"{indent}- {first.lstrip()}"
            yield from others
        else:
            yield f"{indent}{head}"
            yield from _yaml_lines(item, f"{indent}  ")


def _yaml_text(text: str) -> str:
    if _PLAIN.fullmatch(text) and scalar_kind(text) == "text":
        return text
    # What is not ASCII is escaped, as the encoding of the output may not have it.
    return json.dumps(text, ensure_ascii=False).encode("ascii", "backslashreplace").decode()
