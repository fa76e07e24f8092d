"""The label and taint keys of nodes that Kubernetes has renamed."""

from typing import Final

NEW_KEYS: Final = {
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "node-role.kubernetes.io/master": "node-role.kubernetes.io/control-plane",
}
"""Map deprecated keys to those that replace them.

Source: https://kubernetes.io/docs/reference/labels-annotations-taints/
"""
