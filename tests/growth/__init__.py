"""What everything costs as its input grows, in steps: no test here uses a clock."""
