"""A segment in a file answers as the one that was saved."""

from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nodeselect import AnyOf, Inventory, InventoryError, Node, Selector, Taint
from nodeselect.durable import saved_segment
from nodeselect.durable.saved_file import Sections
from nodeselect.index import arrays
from nodeselect.index import segment as segment_module
from nodeselect.index.postings import Postings, encoded_bytes
from nodeselect.index.segment import Segment
from tests.inventory.facts import found_in, indexed_facts, naive_facts
from tests.inventory.forging import read_sections, to_file
from tests.inventory.small import SMALL, tuned
from tests.property.strategies import KEYS, LABEL_VALUES, any_ofs, facts, selectors
from tests.short import refused

some_texts = st.none() | st.sampled_from(("", "web", "a\nb", "\ud800"))
labels = st.dictionaries(
    st.sampled_from((*KEYS, "\ud800")), st.sampled_from((*LABEL_VALUES, "\udc80")), max_size=3
)


@st.composite
def fleets(draw: st.DrawFn) -> list[Node]:
    """Return nodes whose ids have similar lengths, or very different ones."""
    fields = st.tuples(labels, some_texts, some_texts, st.just({}) | facts())
    parts = draw(st.lists(fields, max_size=12))
    prefix = draw(st.sampled_from(("n", "é", "n" * 99)))
    return [
        Node(f"{prefix if at % 3 else 'n'}-{at}", *rest, **known)
        for at, (*rest, known) in enumerate(parts)
    ]


def segment_of(inventory: Inventory) -> Segment:
    """Return the segment of an inventory."""
    segment = inventory._view.store.segment
    assert segment is not None
    return segment


@pytest.fixture(name="file", scope="module")
def file_fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of a file, which each test writes again."""
    return tmp_path_factory.mktemp("saved") / "fleet.nsx"


# A value that only the next key has.
@example([Node("n-1", {"a": "1"}), Node("n-2", {"b": "2"})], 1, Selector.parse("a=2"))
@given(fleets(), st.sampled_from((1, 65_536)), selectors() | any_ofs())
def test_all_of_a_segment(
    file: Path, fleet: list[Node], few: int, selector: Selector | AnyOf
) -> None:
    """Nodes, ids, names, labels, states and answers are those of the inventory that was saved."""
    inventory = tuned(SMALL)(fleet)
    inventory.save(file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(saved_segment, "_FEW_LABELS", few)
        opened = tuned(SMALL).open(file)
        assert list(opened) == fleet
        for node in fleet:
            assert list(opened[node.id].labels.items()) == list(node.labels.items())
        for asked in (selector, Selector.everything()):
            answer, expected = opened.match(asked), inventory.match(asked)
            assert answer.ids() == expected.ids()
            assert answer.label_counts() == expected.label_counts()
            assert answer.state_counts() == expected.state_counts()
        assert opened.match(selector).value_counts("unknown") == {}
        assert opened.ids() == inventory.ids()
        assert indexed_facts(opened) == naive_facts(fleet)
        segment = segment_of(opened)
        for name in ("web", "a\nb", "", "none"):
            found = [segment.node(ordinal) for ordinal in segment.with_name(name)]
            assert sorted(node.id for node in found) == sorted(
                node.id for node in fleet if node.name == name
            )
        opened.upsert(Node("new"))
        opened.compact()
        assert list(opened) == [*fleet, Node("new")]


def test_too_many_nodes(tmp_path: Path) -> None:
    """A file of more nodes than ranks is rejected before anything is allocated for them."""
    inventory = Inventory([Node("n-1")])
    Sections({"ranks": np.zeros(1, np.uint32)}, 1 << 40).write(str(tmp_path / "x"), 0)
    with pytest.raises(InventoryError, match="1,099,511,627,776 nodes have 4 bytes of ranks"):
        Inventory.open(tmp_path / "x")
    with pytest.raises(InventoryError, match="nodes have 4 bytes of ranks"):
        inventory.refresh(tmp_path / "x", discard_changes=True)
    assert inventory.ids() == ["n-1"]


def with_section(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return a saved file whose section is another one, with right checksums."""
    sections, nodes, generation = read_sections(data)
    width, section = sections[name.encode()]
    sections[name.encode()] = width, change(section)
    return to_file(sections, nodes, generation)


def read_all(opened: Inventory, file: Path) -> None:
    """Read whatever the file of an inventory has."""
    opened.match(Selector.of(match_ids=["n-1"]) & Selector.parse("x=2")).ids()
    list(opened)
    opened.save(file)


OF_NOTHING = "the nodes have labels or states that are not in the file"

FORGED: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("keys.labels", lambda _: b"\0\2\2", "the section 'keys.labels' does not end at 3"),
    ("keys.labels", lambda _: b"\0\3", "the section 'keys.labels' has 2 numbers, not 3"),
    ("labels.offsets", lambda _: b"\0\4", "the section 'labels.offsets' has 2 numbers, not 5"),
    ("names.offsets", lambda _: b"\0\10", "the section 'names.offsets' has 2 numbers, not 5"),
    ("keys.labels", lambda _: b"\1\2\3", "the section 'keys.labels' does not end at 3"),
    ("keys.labels", lambda _: b"\0\4\3", "the labels of the keys are not in order"),
    (
        *("postings.offsets", lambda data: data[:1] + data[-1:]),
        "the section 'postings.offsets' has 2 numbers, not 8",
    ),
    ("states.names.offsets", lambda _: b"\0\1\3\5", "there are 7 postings"),
    ("ids.starts", lambda _: b"", "the section 'ids.starts' does not end at 4"),
    ("ids.starts", lambda data: data[:1] + data[2:], "an index has 3 buckets"),
    ("ids", lambda _: b"", "the ids do not have the same number of bytes"),
    ("ids", lambda _: b"\xff" * 16, "the strings of the section 'ids' cannot be read"),
    ("ids.ordinals", lambda _: b"\xff" * 16, "the index of the ids has other nodes"),
    ("keys", lambda _: b"\xff\nx\n"[:4], "the strings of the section 'keys' cannot be read"),
    ("keys", lambda _: b"y\nx\n", "the labels of the keys are not in order"),
    ("keys", lambda _: b"x\nx\n", "the labels of the keys are not in order"),
    ("values", lambda _: b"\xfe\n" * 3, "the strings of the section 'values' cannot be read"),
    ("labels", lambda _: b"\xff" * 4, OF_NOTHING),
    ("states", lambda _: b"\2" * 4, OF_NOTHING),
    ("ranks", lambda data: data[:4] * 4, "the ranks are not those of the nodes"),
]


# These are found only when all nodes together are read as arrays.
TABLES: dict[str, Callable[[bytes], bytes]] = {
    "labels": lambda _: b"\3" * 4,  # there are 0, 1 and 2
    "labels.offsets": lambda _: b"\0\3\2\3\4",
    "states": lambda _: b"\2" * 4,  # there are two
    "values": lambda _: b"1\n1\n1\n",
}


@pytest.mark.parametrize(
    ("use", "name", "change", "message"),
    [
        *((read_all, *case) for case in FORGED),
        *((Inventory.save, *case, OF_NOTHING) for case in TABLES.items()),
    ],
)
def test_sections_that_contradict_each_other(
    use: Callable[[Inventory, Path], None],
    name: str,
    change: Callable[[bytes], bytes],
    message: str,
    tmp_path: Path,
) -> None:
    """A file whose sections contradict each other is damaged, even if every checksum is right."""
    file = tmp_path / "fleet.nsx"
    some_labels = [{"x": "1"}, {"x": "2"}, {"y": "1"}, {"x": "1"}]
    fleet = [Node(f"n-{at}", some_labels[at], "a", [None, "up"][at % 2]) for at in range(4)]
    Inventory(fleet).save(file)
    opened = Inventory.open(BytesIO(with_section(file.read_bytes(), name, change)))
    with refused("damaged") as caught:
        use(opened, tmp_path / "again.nsx")
    assert caught.value.message == f"damaged: {message}"


UNKNOWN_TAINTS = "the nodes have taints that are not in the file"
NOT_VALID = "the taints are not valid"
AMOUNTS = "the section 'amounts.1' has no amounts of the nodes"

FORGED_FACTS: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("taints", lambda _: b"\0\1\2\3", UNKNOWN_TAINTS),
    ("taints", lambda _: b"\0\1\2", "the section 'taints' has 3 numbers, not 4"),
    ("taints.starts", lambda _: b"\0\0\5", "the section 'taints.starts' does not end at 6"),
    ("taints.starts", lambda _: b"\0\0\6\6", NOT_VALID),  # two are the same
    ("taints.starts", lambda _: b"\0\1\6", NOT_VALID),
    ("taints.starts", lambda _: b"\0\3\0\6", NOT_VALID),
    ("taints.fields", lambda data: data.replace(b"NoExecute", b"NoExecuti"), NOT_VALID),
    ("taints.fields", lambda data: data.replace(b"a", b"c"), NOT_VALID),  # not sorted
    ("resources", lambda data: data.replace(b"cpu", b"gpu"), "the resources are not in order"),
    ("amounts.1", lambda data: data[8:] + data[:8], AMOUNTS),
    ("amounts.1", lambda data: data[:8], AMOUNTS),
    ("amounts.1", lambda data: data[:15] + b"\x80", AMOUNTS),
    ("amounts.1.codes", lambda _: b"\2\2\2\2", AMOUNTS),
    (
        *("amounts.1.codes", lambda _: b"\0" * 5),
        "the section 'amounts.1.codes' has 5 numbers, not 4",
    ),
]


@pytest.mark.parametrize(("name", "change", "message"), FORGED_FACTS)
def test_facts_that_contradict_each_other(
    name: str, change: Callable[[bytes], bytes], message: str, tmp_path: Path
) -> None:
    """The same for taints and amounts, whether they are read of a node or from the index."""
    file = tmp_path / "fleet.nsx"
    taints = Taint("a", "NoExecute", "x"), Taint("b", "NoExecute")
    fleet = [
        Node("n-0"),
        Node("n-1", taints=()),
        Node("n-2", taints=taints, resources={"cpu": 5, "disk": 1}),
        Node("n-3", resources={}),
    ]
    tuned(SMALL)(fleet).save(file)
    data = with_section(file.read_bytes(), name, change)

    def read_index(opened: Inventory) -> None:
        found_in(segment_of(opened).index, lambda nodes: [str(len(nodes))])

    uses: tuple[Callable[[Inventory], object], ...] = (list, read_index)
    for use in uses:
        for bulk in (arrays, None):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(saved_segment, "bulk_reader", lambda _, bulk=bulk: bulk)
                with refused("damaged") as caught:
                    use(Inventory.open(BytesIO(data)))
            assert caught.value.message == f"damaged: {message}"


def test_what_is_kept_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Postings and plans together take no more memory than allowed, whatever is asked."""
    file, limit = tmp_path / "fleet.nsx", 20_000
    fleet = [Node(f"n-{at}", {"x": str(at % 50), "y": str(at % 7)}) for at in range(400)]
    inventory = tuned(SMALL)(fleet)
    inventory.save(file)
    monkeypatch.setattr(segment_module, "_LEAST_CACHE_BYTES", limit - 400 * 2)
    opened = Inventory.open(file)
    segment = segment_of(opened)
    caches = segment.memory._caches
    most = 0
    for at in range(200):
        selector = Selector.parse(f"x in ({at % 50},{at % 49}),y!={at % 7}")
        answer, expected = opened.match(selector), inventory.match(selector)
        assert answer.ids() == expected.ids()
        assert answer.value_counts("x") == expected.value_counts("x")
        held = {id(nodes): nodes for cache in caches for nodes in sets_in(cache.values())}
        held.pop(id(segment.index.everything), None)
        used = segment.memory.used_bytes
        assert sum(map(encoded_bytes, held.values())) <= used <= limit
        most = max(most, used)
    assert most > limit / 2


def sets_in(values: Iterable[object]) -> Iterator[Postings]:
    """Return the sets in the values of a cache, and in tuples there."""
    for value in values:
        if isinstance(value, Postings):
            yield value
        elif isinstance(value, tuple):
            yield from sets_in(value)


def test_one_damaged_set(tmp_path: Path) -> None:
    """If one set of nodes is damaged, the others can be read."""
    file = tmp_path / "fleet.nsx"
    Inventory(Node(f"n-{at}", {"x": "12"[at % 2]}) for at in range(30)).save(file)
    data = file.read_bytes()
    header_size = int.from_bytes(data[16:20], "little")
    forged = with_section(data, "postings", lambda section: section[:9] + b"?" + section[10:])
    other = with_section(data, "postings", lambda section: section.replace(b"\x1c\0", b"\x1b\0", 1))
    for damaged in (forged, *(data[:header_size] + each[header_size:] for each in (forged, other))):
        opened = Inventory.open(BytesIO(damaged))
        assert len(opened.match(Selector.parse("x=2"))) == 15
        with pytest.raises(InventoryError, match="damaged: the checksum of the postings 0 is"):
            len(opened.match(Selector.parse("x=1")))


def test_a_set_of_other_nodes(tmp_path: Path) -> None:
    """A set with a node that is not there is damaged, even if its checksum is right."""
    file, ordinal = tmp_path / "fleet.nsx", b"\1\0\0\0"
    Inventory([Node("n-0", {"x": "1"})]).save(file)  # it has the ordinal 0
    checksum = crc32(ordinal).to_bytes(4, "little")
    forged = with_section(file.read_bytes(), "postings", lambda data: ordinal + data[4:])
    forged = with_section(forged, "postings.checksums", lambda data: checksum + data[4:])
    with pytest.raises(InventoryError, match="damaged: the checksum of the postings 0 is wrong"):
        len(Inventory.open(BytesIO(forged)).match(Selector.parse("x=1")))


@pytest.mark.parametrize(
    "name",
    [
        *("ids", "keys", "labels", "labels.offsets", "names", "ranks", "states", "states.names"),
        "values",
    ],
)
def test_loading_the_nodes_finds_damage(name: str, tmp_path: Path) -> None:
    """After all columns of the nodes have been loaded, none of them turns out to be damaged."""
    file = tmp_path / "fleet.nsx"
    Inventory(Node(f"n-{at}", {"x": str(at)}, "a", "up") for at in range(9)).save(file)
    data = file.read_bytes()
    segment_of(Inventory.open(BytesIO(data))).load_nodes()
    header_size = int.from_bytes(data[16:20], "little")
    forged = with_section(data, name, lambda section: b"?" + section[1:])
    segment = segment_of(Inventory.open(BytesIO(data[:header_size] + forged[header_size:])))
    with pytest.raises(InventoryError, match=f"the checksum of the section '{name}' is wrong"):
        segment.load_nodes()
