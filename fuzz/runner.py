"""Run one harness under Atheris: ``python -m fuzz.runner NAME [OPTIONS OF LIBFUZZER]``."""

import gc
import sys
from importlib import import_module
from pkgutil import walk_packages
from time import thread_time

import atheris

# The seconds of the processor that an input may take, and in addition for each of its bytes. That
# is generous: whatever takes longer is probably not linear.
_SECONDS = 0.2
_SECONDS_PER_BYTE = 50e-6


class TooSlowError(Exception):
    """An input took too long."""


def main() -> None:
    """Run the harness until a limit of libFuzzer is reached, or something is found."""
    name = sys.argv[1]
    with atheris.instrument_imports(include=["nodeselect"], enable_loader_override=False):
        import nodeselect

        for module in walk_packages(nodeselect.__path__, "nodeselect."):
            if not module.name.endswith("__main__"):
                import_module(module.name)
    check = import_module(f"fuzz.{name}").check
    check(b"")  # what is loaded on first use
    gc.freeze()

    def run(data: bytes) -> None:
        start = thread_time()
        check(data)
        seconds = thread_time() - start
        if seconds > _SECONDS + _SECONDS_PER_BYTE * len(data):
            raise TooSlowError(f"{len(data)} bytes took {seconds:.2f} s")

    atheris.Setup([name, *sys.argv[2:]], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
