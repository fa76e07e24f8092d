"""The selector of a job file, however the file is written."""

import json
from typing import Any

import pytest

from nodeselect import Selector
from tests.jobs.reading import selector_of

FIELDS: dict[str, Any] = {
    "match_labels": {"region": "eu", "pci-compliant": "true"},
    "match_expressions": ["tier in (gold,silver),gpu", "!debug"],
    "match_ids": ["n-1", "42"],
}
RECORD = {"name": "demo", "selector": FIELDS}
"""What the job files below say, each in its way."""

BLOCK = """\
name: demo
selector:
  match_labels:
    region: eu
    pci-compliant: "true"
  match_expressions:
    - tier in (gold,silver),gpu
    - "!debug"
  match_ids:
    - n-1
    - '42'
"""

FLOW = """\
name: demo
selector: {match_labels: {region: eu, pci-compliant: "true"},
           match_expressions: ["tier in (gold,silver),gpu", '!debug'], match_ids: [n-1, "42"]}
"""

SCALARS = """\
selector:
  match_labels: {"region": "e\\u0075", 'pci-compliant': 'true'}
  match_expressions:
  - >
    tier in (gold,silver),
    gpu
  - |-
    !debug
  match_ids: ["\\x6e-1", '42']
"""


@pytest.mark.parametrize(
    "job",
    [
        BLOCK,
        FLOW,
        SCALARS,
        "---\n" + BLOCK,
        "--- # a job\n" + BLOCK + "...\n",
        "%YAML 1.1\n---\n" + BLOCK,
        "\ufeff" + BLOCK,
        BLOCK.replace("\n", "\r\n"),
        BLOCK.removesuffix("\n"),
        "spec:\n" + "".join(f"  {line}\n" for line in BLOCK.splitlines()),
        json.dumps(RECORD),
        json.dumps(RECORD, indent=4),
        json.dumps({"id": "j-1", "spec": RECORD}),
        "\ufeff\n " + json.dumps(RECORD),
        json.dumps(RECORD).replace('"42"', '"42",'),
        str(RECORD).replace("'", '"') + " # dumped",
        str(RECORD),
    ],
)
def test_one_job_written_in_many_ways(job: str) -> None:
    """All ways to write a job give the selector that is made of its three fields."""
    assert selector_of(job) == Selector.of(**FIELDS)


@pytest.mark.parametrize(
    "job",
    [
        "name: demo\n",
        "selector:\n",
        "selector: ~\n",
        '{"selector": null}',
        "selector: {}\n",
        "selector:\n  match_labels: {}\n  match_expressions: []\n  match_ids: []\n",
        '{"selector": {"match_ids": null, "match_labels": null, "match_expressions": null}}',
        "selector:\n  match_labels:\n    # region: eu\n",
        "spec: {name: demo}",
    ],
)
def test_no_selector_is_every_node(job: str) -> None:
    """A selector that is missing, null or empty is no condition at all."""
    assert selector_of(job) == Selector.everything()


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("region in (us-east-1, us-east-2),env = prod", None),
        ("k=", None),
        ("k in (,a)", None),
        ("cores>4", None),
        ("'a,!b'", "a,!b"),
        ('"a,\\n !b"', "a,!b"),
        ("a,\n      b", "a,b"),
        ("|\n      a,\n      b=c\n", "a,b=c"),
        (">\n      a,\n      b=c\n", "a,b=c"),
    ],
)
def test_expression(text: str, expression: str | None) -> None:
    """An expression is the text that YAML has there, read as a selector."""
    job = f"selector:\n  match_expressions:\n    - {text}\n"
    assert selector_of(job) == Selector.of(match_expressions=[expression or text])
