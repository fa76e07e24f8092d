"""The rules of ``nodeselect check``: each with its explanation, its example and its check."""
