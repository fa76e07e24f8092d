"""The scripts of ``docs/example`` for engines run, where the engine is installed."""

import contextlib
import itertools
import json
import os
import re
import sqlite3
import subprocess
import sys
from importlib import util
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nodeselect import Inventory, Selector
from tests.engines.spark_session import MISSING, session

EXAMPLE = Path(__file__).parents[2] / "docs/example"


def load(name: str) -> ModuleType:
    """Import a script."""
    spec = util.spec_from_file_location(name, EXAMPLE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service answers which nodes match, why, and what is wrong with a selector."""
    pytest.importorskip("fastapi", reason="FastAPI is not installed")
    pytest.importorskip("httpx2", reason="httpx2 is not installed")
    from fastapi.testclient import TestClient
    from sqlalchemy.orm import Session

    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/fleet.db")
    service = load("serve_nodes")
    service.Base.metadata.create_all(service.engine)
    inventory = Inventory.read(EXAMPLE / "fleet.json")
    with Session(service.engine) as session:
        for node in inventory:
            labels = dict(node.labels)
            region = labels.pop("region", None)
            session.add(service.NodeRow(id=node.id, state=node.state, region=region, labels=labels))
        session.commit()
    client = TestClient(service.app)
    selector = Selector.parse("region=us-east,tier!=standard")
    answer = client.get("/nodes", params={"selector": str(selector), "limit": 5}).json()
    connected = inventory.match(selector, states={"connected"})
    ids = sorted(connected.ids())[:5]
    assert answer == {"state": "connected", "matched": len(connected), "ids": ids}
    for limit in (-1, 10_001):
        wrong = client.get("/nodes", params={"selector": str(selector), "limit": limit})
        assert wrong.status_code == 422
    answer = client.get("/explanation", params={"selector": str(selector)}).json()
    by_id = Inventory(sorted(inventory, key=lambda node: node.id))
    assert answer == json.loads(json.dumps(by_id.explain(selector).as_dict()))
    answer = client.get("/nodes", params={"selector": "region not in (eu)"})
    assert answer.status_code == 422
    assert answer.json()["detail"]["code"] == "not-in"
    check_isolation(service)
    service.engine.dispose()


def check_isolation(service: ModuleType) -> None:
    """Check that all queries of a connection see the same moment."""
    from sqlalchemy import func, insert, select

    count = select(func.count(service.NodeRow.id))
    with contextlib.closing(sqlite3.connect(service.engine.url.database)) as database:
        database.execute("PRAGMA journal_mode = WAL")  # others may write during a transaction
    with service.engine.connect() as reader:
        before = reader.scalar(count)
        with service.engine.begin() as writer:
            writer.execute(insert(service.NodeRow).values(id="new", labels={}))
        assert reader.scalar(count) == before


def test_spark_page(tmp_path: Path) -> None:
    """The Python blocks of the page about Spark, run as one script, print what it shows."""
    pytest.importorskip("pyspark", reason=MISSING)
    page = (EXAMPLE.parent / "spark.md").read_text("utf-8")
    blocks = re.findall(r"^```(python|text)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    script = "".join(text for language, text in blocks if language == "python")
    shown = (
        text
        for (before, _), (language, text) in itertools.pairwise(blocks)
        if (before, language) == ("python", "text")
    )
    options = "--master local[2] --conf spark.ui.enabled=false pyspark-shell"
    settings = {"PYSPARK_SUBMIT_ARGS": options, "SPARK_LOCAL_IP": "127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "".join(shown), done.stderr


def test_spark_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The script writes the ids of the nodes that match, and prints why the others do not."""
    pytest.importorskip("pyspark", reason=MISSING)
    selector = Selector.parse("region=us-east,tier!=standard")
    inventory = Inventory.read(EXAMPLE / "fleet.json")
    nodes = inventory.to_arrow()
    regions = [node.labels.get("region") for node in inventory]
    pq.write_table(nodes.append_column("region", pa.array(regions)), tmp_path / "fleet.parquet")
    target = tmp_path / "matching.parquet"
    arguments = [str(tmp_path / "fleet.parquet"), str(selector), str(target)]
    with session():
        script = load("select_nodes")
        script.main(arguments)
        found = pq.read_table(target)["id"].to_pylist()
        assert sorted(found) == sorted(inventory.match(selector).ids())
        explained = inventory.explain(selector)
        first, *groups = capsys.readouterr().out.splitlines()
        assert first == str(explained)
        assert [line.split()[0] for line in groups] == [
            f"{each.nodes:,}" for each in explained.reasons
        ]
        for mistake, out, message in [
            (arguments, "", "already exists"),
            ([arguments[0], "region not in (eu)", "x"], "", "write: region notin (eu)"),
            (arguments[:2], "", "usage: "),
        ]:
            with pytest.raises(SystemExit, match="2"):
                script.main(mistake)
            printed = capsys.readouterr()
            assert printed.out.partition("\n")[0] == out
            assert message in printed.err


def test_spark_schedule(tmp_path: Path) -> None:
    """The script for cron keeps the log of the last good run, and prints why another failed."""
    page = (EXAMPLE.parent / "spark.md").read_text("utf-8")
    (script,) = re.findall(r"^```text\n(#!/bin/sh\n.*?)^```$", page, re.MULTILINE | re.DOTALL)
    fleet, programs = tmp_path / "fleet", tmp_path / "bin"
    fleet.mkdir()
    programs.mkdir()
    (programs / "activate").write_text(f'PATH="{programs}:$PATH"\n')
    # It joins both outputs of a program, as Spark's does.
    spark = '#!/bin/sh\n[ "$FAILS" ] && { echo "it already exists"; exit 2; }\necho "$@"\n'
    (programs / "spark-submit").write_text(spark)
    (programs / "spark-submit").chmod(0o755)
    script = script.replace("/srv/fleet", str(fleet)).replace("/srv/venv/bin", str(programs))
    for fails, status, error in [("", 0, ""), ("yes", 2, "it already exists\n")]:
        done = subprocess.run(
            ["sh", "-c", script],
            env=os.environ | {"FAILS": fails},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (status, "", error)
        assert (fleet / "select.log").read_text().startswith("select_nodes.py fleet gpu ids-")
