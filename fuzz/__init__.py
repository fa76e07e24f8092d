"""Coverage-guided fuzzing: run it with ``python -m fuzz``.

A harness is a module with a function ``check``. It takes any bytes and asserts what must hold: that
only errors of nodeselect are raised, that texts read back, that answers are those of the model in
``tests/naive.py``, and that reports have no control characters. ``corpus/`` has a folder of inputs
for each harness, which ``tests/test_fuzz.py`` checks without a fuzzer: an input that was a mistake
once is added there.
"""

HARNESSES = ("selector", "job", "foreign", "nodes", "explanation", "saved")
