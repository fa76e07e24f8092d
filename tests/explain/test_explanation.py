"""An explanation is a pure value."""

from pathlib import Path

import nodeselect
from tests.imports import loaded_after

# Imports the module without running nodeselect/__init__.py, which offers the inventory as well.
IMPORT = """
import sys, types
package = sys.modules["nodeselect"] = types.ModuleType("nodeselect")
package.__path__ = sys.argv[1:]
import nodeselect.explain.explanation, nodeselect.explain.compute
"""


def test_it_imports_no_index_no_inventory_and_no_layout() -> None:
    """Neither the values nor what computes them load a bitmap, a store or a report."""
    loaded = loaded_after(IMPORT, str(Path(nodeselect.__file__).parent))
    own = [name.split(".") for name in loaded if name.startswith("nodeselect.")]
    assert {name[1] for name in own} == {
        *("errors", "explain", "limits", "node", "problem"),
        *("selectors", "similarity", "text"),
    }
    assert "nodeselect.explain.compute" in loaded
    assert {"numpy", "pyroaring"}.isdisjoint(loaded)
