"""Read nodes: ``formats`` decodes files; ``shapes`` finds the id, labels and state in a record."""
