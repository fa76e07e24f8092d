"""Labels of nodes as their systems set them, with the oddities of real clusters.

The keys and values of each system are alike, and none of them is a mistake.
"""

from collections.abc import Callable, Iterator
from random import Random

Labels = dict[str, str]


def _host(name: str, arch: str = "amd64", os: str = "linux") -> Labels:
    return {
        "beta.kubernetes.io/arch": arch,
        "beta.kubernetes.io/os": os,
        "kubernetes.io/arch": arch,
        "kubernetes.io/os": os,
        "kubernetes.io/hostname": name,
    }


def _features(random: Random, kernel: str, *more: str) -> Labels:
    """Return labels of Node Feature Discovery."""
    major, minor, revision = kernel.split("-")[0].split(".")
    flags = ["ADX", "AESNI", "AVX", "AVX2", "FMA3", "FXSR", "FXSROPT", "MOVBE", "XSAVE", *more]
    feature = "feature.node.kubernetes.io"
    labels = {f"{feature}/cpu-cpuid.{flag}": "true" for flag in flags}
    return labels | {
        f"{feature}/kernel-version.full": kernel,
        f"{feature}/kernel-version.major": major,
        f"{feature}/kernel-version.minor": minor,
        f"{feature}/kernel-version.revision": revision,
        f"{feature}/system-os_release.ID": "ubuntu",
        f"{feature}/cpu-hardware_multithreading": random.choice(("true", "true", "false")),
        f"{feature}/pci-{random.choice(('1a03', '102b'))}.present": "true",
    }


def _kubeadm(random: Random) -> Iterator[Labels]:
    """On premises: three control planes, 36 workers of two generations, four of them with GPUs."""
    for number in range(3):
        yield _host(f"k8s-cp-{number + 1}") | {
            "node-role.kubernetes.io/control-plane": "",
            "node.kubernetes.io/exclude-from-external-load-balancers": "",
        }
    for number in range(36):
        is_new = number >= 24
        flags = ["AVX512F", "AVX512BW", "XSAVEC", "XSAVES", "XSAVEOPT"] if is_new else ["XSAVEOPT"]
        kernel = "5.15.0-113-generic" if number else "6.8.0-40-generic"  # one was upgraded
        labels = _host(f"k8s-worker-{number + 1:02}") | _features(random, kernel, *flags)
        labels |= {"node-role.kubernetes.io/worker": "", "rack": f"b{number // 6 + 1}"}
        if number in (5, 6, 30, 31):
            gpu = "NVIDIA-A100-PCIE-40GB" if is_new else "Tesla-V100-PCIE-32GB"
            labels |= {
                "nvidia.com/gpu.present": "true",
                "nvidia.com/gpu.product": gpu,
                "nvidia.com/gpu.deploy.driver": "true",
                "nvidia.com/gpu.deploy.dcgm": "true",
                "nvidia.com/gpu.deploy.dcgm-exporter": "true",
            }
        yield labels


def _expanso(random: Random) -> Iterator[Labels]:
    """Edge nodes with labels that people wrote; most of them on some nodes only."""
    for number in range(150):
        site = random.choice(("plant-lyon", "plant-turin", "plant-gdansk", "dc-frankfurt"))
        labels = {
            "demo": "signal-not-noise",
            "env": random.choice(("prod", "prod", "prod", "staging")),
            "region": "eu-central" if site == "dc-frankfurt" else "eu-west",
            "role": random.choice(("edge", "edge", "edge", "aggregator", "gateway")),
            "site": site,
        }
        if number % 5 == 0:
            labels["capability"] = random.choice(("opcua", "modbus", "camera"))
        if number % 9 == 0:
            labels |= {"gpu": "true", "gpu-model": random.choice(("jetson-orin", "nvidia-t4"))}
        if number % 30 == 7:
            labels["pci-compliant"] = "true"
        yield labels if number != 77 else {}  # a node that has just joined


LISTS: dict[str, Callable[[Random], Iterator[Labels]]] = {"kubeadm": _kubeadm, "expanso": _expanso}
"""For each system, a function that yields the labels of nodes, from a seed."""
