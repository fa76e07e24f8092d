"""A process forks while another of its threads writes: the child reads and writes as if alone."""

import os

import pytest

from tests.imports import run_python

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")

FORKED = """
import os, signal, sys, traceback
from threading import Event, Thread
from nodeselect import Inventory, Node, Selector
from nodeselect.inventory.delta import Delta

def check_child():
    assert list(inventory) == nodes and inventory.generation == 0
    assert inventory.match(Selector.parse("x")).ids() == []
    names = [f"w-{at}" for at in range(4)]
    threads = [Thread(target=write, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert inventory.generation == 4 * 50
    assert list(inventory)[:COUNT] == nodes
    assert sorted(inventory.match(Selector.parse("x=49")).ids()) == names
    grandchild = os.fork()
    if not grandchild:
        exit_after(lambda: inventory.upsert(Node("grandchild")))
    assert os.waitpid(grandchild, 0)[1] == 0
    assert "grandchild" not in inventory

def write(name):
    for number in range(50):
        inventory.upsert(Node(name, {"x": str(number)}))

def exit_after(check):
    signal.alarm(20)  # a child that hangs is killed
    try:
        check()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)

def pause(delta, *args):
    add(delta, *args)
    is_writing.set()
    can_end.wait()

nodes = [Node(f"n-{at}") for at in range(COUNT)]
inventory = Inventory(nodes)
is_writing, can_end, add = Event(), Event(), Delta.add
Delta.add = pause
writer = Thread(target=inventory.upsert, args=(Node("n-1", {"x": "parent"}),))
writer.start()
is_writing.wait()
child = os.fork()
Delta.add = add
if not child:
    exit_after(check_child)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
can_end.set()
writer.join()
assert status == 0, status
assert inventory["n-1"].labels == {"x": "parent"} and inventory.generation == 1
"""


@pytest.mark.parametrize("count", [3, 3_000], ids=["few", "segment"])
def test_a_fork_during_a_write(count: int) -> None:
    """The child sees the state before the write; its threads write, and so does its own child."""
    run_python(FORKED.replace("COUNT", str(count)))


def test_a_process_id_that_is_used_again() -> None:
    """A process may have the id of an ancestor that is gone, and still writes on its own."""
    run_python("import os; os.getpid = lambda: 1" + FORKED.replace("COUNT", "3"))
