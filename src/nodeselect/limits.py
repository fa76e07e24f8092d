"""Every limit of nodeselect, in one place.

Input up to a limit is accepted; input beyond it is rejected with an error that names the limit. The
limits of the language itself (63 characters for a value or a key's name, 253 for a key's prefix)
are those of Kubernetes.
"""

from typing import Final, NamedTuple


class Limits(NamedTuple):
    """The limits and their values. Lengths are in characters unless the name ends with ``bytes``.

    :param selector_text: length of a selector text (Kubernetes has no limit).
    :param requirements: number of requirements in a selector.
    :param values_in_set: number of values of one ``in`` or ``notin``.
    :param values: number of values in all requirements of a selector together.
    :param match_ids: number of node ids in a selector.
    :param selectors: number of selectors in an ``AnyOf``.
    :param comparison_steps: steps of a comparison of ``AnyOf``, which grow exponentially at worst.
    :param label_value: length of a label value in a selector (as in Kubernetes).
    :param key_name: length of a key's part after the slash (as in Kubernetes).
    :param key_prefix: length of a key's part before the slash (as in Kubernetes).
    :param node_labels: number of labels of a node.
    :param node_labels_bytes: size of all labels of a node in UTF-8.
    :param node_taints: number of taints of a node.
    :param node_resources: number of resources of a node.
    :param line_bytes: a line of NDJSON or a row of CSV; a Kubernetes object has at most 3 MiB.
    :param document_bytes: a JSON or YAML document of nodes; YAML is held in memory.
    :param gzip_ratio: decompressed size of a gzip input divided by its compressed size; applies
        only above 64 MiB of decompressed data.
    :param parquet_nodes: number of nodes for each byte of a Parquet file; applies only above
        100,000 nodes.
    :param job_file_bytes: a job file; the keys and values of an object in a Kubernetes manifest.
    :param job_file_values: keys and values in a job file, or in an object of a manifest; a list or
        a mapping counts as two.
    :param depth: nested lists and mappings in a job file, a YAML inventory, or an object of a
        manifest.
    :param manifest_bytes: a Kubernetes manifest, which is held in memory.
    :param manifest_values: keys and values in a manifest.
    :param manifest_depth: nested lists and mappings in a manifest, also in objects not read.
    :param alias_text: what all aliases in a YAML file stand for, as it is written at the anchors.
    :param reported_errors: number of errors shown for a file; more are only counted.
    """

    selector_text: int = 16 * 1024
    requirements: int = 256
    values_in_set: int = 1_024
    values: int = 4_096
    match_ids: int = 100_000
    selectors: int = 1_024
    comparison_steps: int = 4_000_000
    label_value: int = 63
    key_name: int = 63
    key_prefix: int = 253
    node_labels: int = 256
    node_labels_bytes: int = 64 * 1024
    node_taints: int = 256
    node_resources: int = 256
    line_bytes: int = 4 * 1024 * 1024
    document_bytes: int = 4 * 1024 * 1024 * 1024
    gzip_ratio: int = 300
    parquet_nodes: int = 100
    job_file_bytes: int = 1024 * 1024
    job_file_values: int = 200_000
    depth: int = 32
    manifest_bytes: int = 64 * 1024 * 1024
    manifest_values: int = 4_000_000
    manifest_depth: int = 128
    alias_text: int = 1024 * 1024
    reported_errors: int = 20


# The limits in force.
LIMITS: Final = Limits()
