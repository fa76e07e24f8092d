"""Random standing selectors that change all the time, against a dict and the naive matcher."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from random import Random
from unittest.mock import patch

from nodeselect import AnyOf, Node, Selector, StandingSelectors
from nodeselect.explain.explanation import requirement_text
from nodeselect.selectors import Operator, Requirement
from nodeselect.selectors.requirement import ID_KEY, exclude_ids
from nodeselect.standing import StandingSnapshot, selector_store, standing_selectors
from nodeselect.standing.standing_selectors import BaseStanding
from tests.naive import matches_any
from tests.property.strategies import BOUNDS, IDS, KEYS, LABEL_VALUES, VALUES

Model = Mapping[str, Selector | AnyOf]

NAMES = [f"job-{number}" for number in range(40)]
NODE_IDS = (*IDS, "n-unknown")


@contextmanager
def thresholds(random: Random) -> Iterator[None]:
    """Choose each threshold at random: as it is, or so low that a few selectors exceed it."""
    with (
        patch.object(standing_selectors, "_MAX_DEAD", random.choice((0, 3, 1_024))),
        patch.object(selector_store, "_MIN_CACHED", random.choice((0, 1, 256))),
        patch.object(selector_store, "_CACHED_SHARE", random.choice((1, 64))),
        patch.object(selector_store, "_FEW_NAMES", random.choice((0, 512))),
        patch.object(selector_store, "_MAX_KEY_SETS", random.choice((1, 256))),
    ):
        yield


def random_selector(random: Random) -> Selector | AnyOf:
    """Return a selector, or now and then several of which one must match, or none."""
    if random.random() < 0.3:
        shared = _single_selector(random) if random.random() < 0.3 else Selector.everything()
        return AnyOf(_single_selector(random) for _ in range(random.randrange(5))) & shared
    return _single_selector(random)


def _single_selector(random: Random) -> Selector:
    """Return a selector of up to four requirements of any operator, now and then with ids."""
    requirements = [
        _random_requirement(random) for _ in range(random.choice((0, 1, 1, 2, 2, 3, 4)))
    ]
    ids = random.sample(IDS, random.randrange(4)) if random.random() < 0.2 else None
    if random.random() < 0.2:
        requirements += exclude_ids(random.sample(IDS, random.randint(1, 2)))
    return Selector.from_requirements(requirements, ids)


def _random_requirement(random: Random) -> Requirement:
    key, operator = random.choice(KEYS), random.choice(list(Operator))
    values: list[str] = []
    if operator.is_comparison:
        values = [random.choice(BOUNDS)]
    elif operator.arity != "none":
        values = random.sample(VALUES, random.randint(1, 3) if operator.arity == "many" else 1)
    spelling = "==" if operator is Operator.EQUALS and random.random() < 0.3 else None
    return Requirement(key, operator, values, spelling=spelling)


def random_node(random: Random, node_id: str | None = None) -> Node:
    """Return a node with some of the keys of the selectors, and one that none of them has."""
    keys = (*KEYS, ID_KEY, "other")
    labels = {key: random.choice(LABEL_VALUES) for key in keys if random.random() < 0.6}
    return Node(node_id or random.choice(NODE_IDS), labels)


def compare(queries: int, seed: int) -> int:
    """Change selectors at random and compare answers, until that many queries were made.

    Return how often a selector was compared with a node.

    :raises AssertionError: if an answer is not that of the naive matcher.
    """
    verdicts = asked = 0
    random = Random(seed)
    while asked < queries:
        with thresholds(random):
            begin = random.sample(NAMES, random.choice((0, 30)))
            model = {name: random_selector(random) for name in begin}
            standing = StandingSelectors(model)
            kept: list[tuple[StandingSnapshot[str], Model]] = []
            for _ in range(40):
                _change(random, standing, model)
                if random.random() < 0.1:
                    kept.append((standing.snapshot(), dict(model)))
                verdicts += check_answers(random, standing, model)
                asked += 4
                if kept:
                    verdicts += check_answers(random, *random.choice(kept))
                    asked += 4
    return verdicts


def _change(
    random: Random, standing: StandingSelectors[str], model: dict[str, Selector | AnyOf]
) -> None:
    """Make one write, and the same in the model."""
    name, chance = random.choice(NAMES), random.random()
    if chance < 0.5:
        # Now and then one that another name has, or that it has already.
        selectors = list(model.values())
        is_known = selectors and random.random() < 0.2
        selector = random.choice(selectors) if is_known else random_selector(random)
        kind = (
            "unchanged" if model.get(name) == selector else "changed" if name in model else "added"
        )
        assert standing.upsert(name, selector) == kind
        model[name] = selector
    elif chance < 0.7:
        if name in model:
            assert standing.remove(name) == "removed"
            del model[name]
    else:
        changes: dict[str, Selector | AnyOf | None] = {
            name: random_selector(random) for name in random.sample(NAMES, random.randrange(9))
        }
        changes |= {name: None for name in model if random.random() < 0.1}
        standing.apply(changes)
        for name, changed in changes.items():
            if changed is None:
                del model[name]
            else:
                model[name] = changed


def check_answers(random: Random, standing: BaseStanding[str], model: Model) -> int:
    """Ask everything of a changed node; return how often a selector is compared with a node."""
    old = random_node(random)
    new = random_node(random, old.id)
    before = matching(model, old)
    answer = standing.matching(old)
    assert answer.names() == before
    assert len(answer) == len(before)
    assert {name for name in NAMES if name in answer} == set(before)
    assert standing.matching(old.labels).names() == matching(model, old, None)
    gained, lost = standing.changes(old, new)
    assert (gained.names(), lost.names()) == moved(model, old, new)
    for one, other in ((None, old), (old, None), (None, None)):
        gained, lost = standing.changes(one, other)
        assert gained.names() == (before if other else [])
        assert lost.names() == (before if one else [])
    _check_explanation(standing, model, old)
    assert list(standing) == list(model)
    assert {name: standing.get(name) for name in NAMES if name in standing} == model
    return 4 * len(model)


def matching(model: Model, node: Node, *node_id: None) -> list[str]:
    """Return the names that the model matches; with None, those of the labels without an id."""
    ids = node_id or (node.id,)
    return [name for name, each in model.items() if matches_any(each, node.labels, *ids)]


def moved(model: Model, old: Node, new: Node) -> tuple[list[str], list[str]]:
    """Return the names that a changed node gains, and those that it loses."""
    before, after = matching(model, old), matching(model, new)
    return [name for name in after if name not in before], [
        name for name in before if name not in after
    ]


def _check_explanation(standing: BaseStanding[str], model: Model, node: Node) -> None:
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, selector in model.items():
        failed = {
            requirement_text(part)
            for part in selector.split()
            if not matches_any(part, node.labels, node.id)
        }
        groups.setdefault(tuple(sorted(failed)), []).append(name)
    matched = groups.pop((), [])
    explanation = standing.explain(node)
    assert (explanation.total, explanation.matched) == (len(model), len(matched))
    assert {reason.failed: list(reason.names) for reason in explanation.reasons} == groups
    texts = {text for failed in groups for text in failed}
    assert {
        each.text: (each.failing, each.failing_only_this) for each in explanation.requirements
    } == {
        text: (
            sum(len(names) for failed, names in groups.items() if text in failed),
            len(groups.get((text,), ())),
        )
        for text in texts
    }
