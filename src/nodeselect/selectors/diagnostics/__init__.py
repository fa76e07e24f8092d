"""What is wrong with an invalid selector, and what to write instead."""
