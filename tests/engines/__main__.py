"""Ask a database for as many verdicts as wanted, and run its queries without their guards.

    python -m tests.engines --verdicts 1000000 postgresql duckdb sqlite clickhouse mariadb

ClickHouse needs ``pip install chdb``; MariaDB ``pip install pymysql``, and a server on which
``root`` has no password, for example one that ``mariadb-install-db`` has made in a folder:
``--socket`` is the path of its socket. It creates a database there and drops it.
"""

import argparse
import contextlib
import itertools
import sys
import time

from tests.engines.cases import check, fleet, selectors
from tests.engines.databases import LAYOUTS, SETUPS, Database, MariaDB
from tests.engines.guards import GUARDS
from tests.engines.postgresql import MISSING, postgresql

_MARIADB = "nodeselect_tests"


def main() -> int:
    """Run what the command line names; return 1 if a verdict was wrong or a guard needless."""
    parser = argparse.ArgumentParser(prog="python -m tests.engines")
    parser.add_argument(
        "engines", nargs="+", choices=sorted({name.split(",")[0] for name in SETUPS})
    )
    parser.add_argument("--verdicts", type=int, default=1_000_000, help="of each set-up, at least")
    parser.add_argument("--socket", help="of MariaDB")
    options = parser.parse_args()
    faults = 0
    with postgresql() as server:
        for name in SETUPS:
            engine = name.split(",")[0]
            if engine not in options.engines:
                continue
            if engine == "postgresql" and server is None:
                sys.exit(MISSING)
            to_server = [server] if engine == "postgresql" else []
            named = {"unix_socket": options.socket, "user": "root"} if engine == "mariadb" else {}
            with contextlib.closing(SETUPS[name].start(*to_server, **named)) as database:
                if isinstance(database, MariaDB):
                    database.run(f"CREATE OR REPLACE DATABASE {_MARIADB}")
                    database.run(f"USE {_MARIADB}")
                faults += _ask(name, database, options.verdicts)
                faults += _ask_without_guards(name, database)
                if isinstance(database, MariaDB):
                    database.run(f"DROP DATABASE {_MARIADB}")
    return int(faults > 0)


def _ask(name: str, database: Database, verdicts: int) -> int:
    """Compare at least ``verdicts`` verdicts, in all layouts; return how many are wrong."""
    compared, wrong, start = 0, 0, time.perf_counter()
    for seed in itertools.count():
        rows = database.storable(fleet(500, seed))
        database.load(rows, SETUPS[name].collate)
        asked = selectors(200, seed)
        # The selectors of the vectors are asked once; a long table is the slowest.
        for layout, step in zip(LAYOUTS, (1, 2, 8), strict=True):
            answers = check(asked[::step] if seed == 0 else asked[-200::step], rows,
                            database.asking(LAYOUTS[layout]))  # fmt: skip
            compared += answers.compared
            wrong += len(answers.wrong)
            for each in answers.wrong[:5]:
                print(f"  {layout}: {each}")
        if compared >= verdicts:
            break
    print(
        f"{name}: {compared:,} verdicts, {wrong} wrong, {time.perf_counter() - start:.0f} s",
        flush=True,
    )
    return wrong


def _ask_without_guards(name: str, database: Database) -> int:
    """Take each guard out; return how many are needless."""
    needless = 0
    rows = database.storable(fleet(500))
    database.load(rows, SETUPS[name].collate)
    asked = selectors(200)[-260:]
    for what, guard in GUARDS.items():
        if guard.setup != name:
            continue
        try:
            answers = check(asked, rows, database.asking(LAYOUTS[guard.layout], guard.without))
            shown = f"{len(answers.wrong):,} of {answers.compared:,} wrong"
            needless += not answers.wrong
        except Exception as error:  # each driver has its own
            shown = f"the query fails: {str(error).splitlines()[0][:70]}"
        print(f"  without the guard for {what}: {shown}", flush=True)
    return needless


if __name__ == "__main__":
    sys.exit(main())
