"""Read nodes: ``formats`` decodes files, ``shapes`` knows how each system describes a node."""
