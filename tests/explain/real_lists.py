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


def _cloud(instance: str, region: str, zone: str) -> Labels:
    return {
        "beta.kubernetes.io/instance-type": instance,
        "node.kubernetes.io/instance-type": instance,
        "failure-domain.beta.kubernetes.io/region": region,
        "failure-domain.beta.kubernetes.io/zone": zone,
        "topology.kubernetes.io/region": region,
        "topology.kubernetes.io/zone": zone,
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


def _eks(random: Random) -> Iterator[Labels]:
    """Two managed groups and nodes of Karpenter, which takes what instance is cheap."""
    for number in range(80):
        name = f"ip-10-{random.randint(0, 3)}-{number}-{random.randint(4, 250)}.ec2.internal"
        zone = f"us-east-1{random.choice('abc')}"
        common = {
            "k8s.io/cloud-provider-aws": "0553d6b0a3b4f6d5b7e0c0f0a1c2d3e4",
            "topology.ebs.csi.aws.com/zone": zone,
            "topology.k8s.aws/zone-id": f"use1-az{'abc'.index(zone[-1]) + 1}",
        }
        if number < 24:
            group = "system" if number < 4 else "general-2024-05"
            labels = _cloud("m5.large" if number < 4 else "m5.2xlarge", "us-east-1", zone)
            labels |= {
                "eks.amazonaws.com/capacityType": "ON_DEMAND",
                "eks.amazonaws.com/nodegroup": group,
                "eks.amazonaws.com/nodegroup-image": random.choice(("ami-0a1b2c", "ami-0d4e5f")),
            }
        else:
            family = random.choice(("c5", "c5a", "c6i", "m5", "m6i", "r5"))
            size = random.choice(("xlarge", "2xlarge", "2xlarge", "4xlarge"))
            labels = _cloud(f"{family}.{size}", "us-east-1", zone)
            labels |= {
                "karpenter.sh/capacity-type": random.choice(("spot", "spot", "on-demand")),
                "karpenter.sh/nodepool": random.choice(("default", "default", "batch")),
                "karpenter.sh/registered": "true",
                "karpenter.k8s.aws/instance-category": family[0],
                "karpenter.k8s.aws/instance-family": family,
                "karpenter.k8s.aws/instance-size": size,
                "karpenter.k8s.aws/instance-cpu": {"x": "4", "2": "8", "4": "16"}[size[0]],
            }
        yield _host(name) | labels | common


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


def _nomad(random: Random) -> Iterator[Labels]:
    """Clients with the attributes that Nomad detects, which are of every kind."""
    for number in range(48):
        is_arm = number % 8 == 3
        labels = {
            "cpu.arch": "arm64" if is_arm else "amd64",
            "cpu.modelname": "Neoverse-N1" if is_arm else "AMD EPYC 7R32",
            "cpu.numcores": random.choice(("4", "8")),
            "driver.docker": "1",
            "driver.docker.version": "24.0.7" if number else "25.0.3",
            "driver.exec": "1",
            "kernel.version": random.choice(("5.15.0-1051-aws", "5.15.0-1052-aws")),
            "os.name": "ubuntu",
            "platform.aws.instance-type": "c6g.xlarge" if is_arm else "c5a.2xlarge",
            "platform.aws.placement.availability-zone": f"us-west-2{'abc'[number % 3]}",
            "unique.hostname": f"nomad-client-{number:02}",
            "unique.network.ip-address": f"10.20.{number // 16}.{number % 16 + 10}",
            "unique.platform.aws.instance-id": f"i-{random.randrange(16**17):017x}",
            "consul.datacenter": "us-west-2",
            "consul.version": "1.17.1" if number % 10 else "1.17.2",
        }
        labels |= {
            "connect.sidecar_image": "envoyproxy/envoy:v${NOMAD_envoy_version}",
            "team": random.choice(("platform", "search", "ads")),
        }
        yield labels | ({"storage": "nvme"} if number % 6 == 0 else {})


def _bacalhau(random: Random) -> Iterator[Labels]:
    """Compute nodes with the labels that Bacalhau detects: GPUs and their memory among them."""
    for number in range(44):
        labels = {
            "Architecture": "amd64" if number % 11 else "arm64",
            "Operating-System": "linux",
            "git-lfs": "False",
            "owner": random.choice(("bacalhau", "community")),
        }
        if number % 4 == 0:
            model, memory = random.choice(
                (("Tesla T4", "15360 MiB"), ("NVIDIA GeForce RTX 3090", "24576 MiB"))
            )
            labels |= {"GPU-0": model, "GPU-0-Memory": memory}
        yield labels


LISTS: dict[str, Callable[[Random], Iterator[Labels]]] = {
    "kubeadm": _kubeadm,
    "eks": _eks,
    "expanso": _expanso,
    "nomad": _nomad,
    "bacalhau": _bacalhau,
}
"""For each system, a function that yields the labels of nodes, from a seed."""
