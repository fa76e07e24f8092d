"""Time to write, open and search a page of many nodes, in a headless Chromium.

python -m benchmarks.open_page
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.render.browser import Browser, browser, chromium

from benchmarks import record
from benchmarks.fleet import FIVE, nodes
from nodeselect import Inventory, Node, Selector
from nodeselect.render.page import render_page

SIZES = (1_000, 10_000, 50_000)
RUNS = 7
WORDS = ("r", "rack-1", "rack-1 eu", "zzz", "")

OPENED = """new Promise((done) => {
    const tasks = [];
    new PerformanceObserver((list) => {
        tasks.push(...list.getEntries().map((entry) => entry.duration));
    }).observe({ type: "longtask", buffered: true });
    setTimeout(() => {
        const page = performance.getEntriesByType("navigation")[0];
        const paint = performance.getEntriesByName("first-contentful-paint")[0];
        done([paint ? paint.startTime : null, page.loadEventEnd, Math.max(0, ...tasks)]);
    }, 300);
})"""

SEARCHED = f"""{json.dumps(WORDS)}.map((word) => {{
    const search = document.querySelector("input[type=search]");
    search.value = word;
    const start = performance.now();
    search.dispatchEvent(new Event("input", {{ bubbles: true }}));
    document.body.offsetHeight; // lays the page out
    return performance.now() - start;
}})"""


def main() -> None:
    """Measure, print a table, and write the figures."""
    path = chromium()
    if path is None:
        sys.exit("no Chromium on this machine")
    print("| nodes | make | size | first paint | loaded | longest task | slowest search |")
    print("| --: | --: | --: | --: | --: | --: | --: |")
    results = []
    with browser(path) as tab, tempfile.TemporaryDirectory() as folder:
        tab.look()
        for size in SIZES:
            row = measure(tab, Path(folder, "page.html"), size)
            results.append(row)
            times = [row[name] for name in ("paint_ms", "loaded_ms", "task_ms", "search_ms")]
            shown = " | ".join(f"{each:.0f} ms" for each in times)
            print(f"| {size:,} | {row['make_ms']:.0f} ms | {row['bytes'] / 1e6:.2f} MB | {shown} |")
    record.write("open_page", results)


def measure(tab: Browser, file: Path, size: int) -> dict[str, Any]:
    """Return the medians for one size; of searches the slowest word's."""
    inventory = Inventory(Node(node_id, labels) for node_id, labels in nodes(size))
    selector = Selector.parse(FIVE)
    start = time.perf_counter()
    text = render_page(inventory.explain(selector), selector.split(), inventory, "fleet")
    made = time.perf_counter() - start
    file.write_text(text, encoding="utf-8")
    opened, searched = [], []
    for _ in range(RUNS):
        tab.open(file)
        opened.append(tab.run(OPENED))
        searched.append(tab.run(SEARCHED))
    paints = [paint for paint, _, _ in opened if paint is not None]
    return {
        "nodes": size,
        "make_ms": made * 1e3,
        "bytes": file.stat().st_size,
        "paint_ms": statistics.median(paints),
        "loaded_ms": statistics.median(loaded for _, loaded, _ in opened),
        "task_ms": statistics.median(task for _, _, task in opened),
        "search_ms": max(map(statistics.median, zip(*searched, strict=True))),
    }


if __name__ == "__main__":
    main()
