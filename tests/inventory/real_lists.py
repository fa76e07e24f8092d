"""Node lists as their systems print them: with the labels that those set, and the oddities of real
clusters: control planes, a pool of one node, a pool that is being upgraded, other hardware.
"""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

Labels = dict[str, str]


def _kubernetes(nodes: Iterator[tuple[str, Labels]]) -> str:
    items = [
        {
            "kind": "Node",
            "apiVersion": "v1",
            "metadata": {"name": name, "labels": labels},
            "status": {"conditions": [{"type": "Ready", "status": "True"}]},
        }
        for name, labels in nodes
    ]
    return json.dumps({"kind": "List", "apiVersion": "v1", "items": items})


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
        f"{feature}/system-os_release.VERSION_ID": "22.04",
        f"{feature}/cpu-hardware_multithreading": random.choice(("true", "true", "false")),
        f"{feature}/pci-{random.choice(('1a03', '102b'))}.present": "true",
        f"{feature}/storage-nonrotationaldisk": "true",
    }


def _kubeadm(random: Random) -> Iterator[tuple[str, Labels]]:
    """On premises: three control planes, 36 workers of two generations, four of them with GPUs."""
    for number in range(3):
        name = f"k8s-cp-{number + 1}"
        yield (
            name,
            _host(name)
            | {
                "node-role.kubernetes.io/control-plane": "",
                "node.kubernetes.io/exclude-from-external-load-balancers": "",
            },
        )
    for number in range(36):
        name = f"k8s-worker-{number + 1:02}"
        is_new = number >= 24
        flags = ["AVX512F", "AVX512BW", "XSAVEC", "XSAVES", "XSAVEOPT"] if is_new else ["XSAVEOPT"]
        kernel = "5.15.0-113-generic" if number else "6.8.0-40-generic"  # one was upgraded
        labels = _host(name) | _features(random, kernel, *flags)
        labels |= {"node-role.kubernetes.io/worker": "", "rack": f"b{number // 6 + 1}"}
        if number in (5, 6, 30, 31):
            gpu = "NVIDIA-A100-PCIE-40GB" if is_new else "Tesla-V100-PCIE-32GB"
            labels |= {
                "nvidia.com/gpu.present": "true",
                "nvidia.com/gpu.product": gpu,
                "nvidia.com/gpu.memory": "40960" if is_new else "32768",
                "nvidia.com/gpu.count": random.choice(("1", "2")),
                "nvidia.com/mig.capable": str(is_new).lower(),
                "nvidia.com/cuda.driver.major": "550",
                "nvidia.com/gpu.deploy.driver": "true",
                "nvidia.com/gpu.deploy.dcgm": "true",
                "nvidia.com/gpu.deploy.dcgm-exporter": "true",
            }
        yield name, labels


def _eks(random: Random) -> Iterator[tuple[str, Labels]]:
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
                "eks.amazonaws.com/sourceLaunchTemplateId": f"lt-0c{number < 4:x}9",
                "eks.amazonaws.com/sourceLaunchTemplateVersion": "3",
            }
        else:
            family = random.choice(("c5", "c5a", "c6i", "m5", "m6i", "r5"))
            size = random.choice(("xlarge", "2xlarge", "2xlarge", "4xlarge"))
            labels = _cloud(f"{family}.{size}", "us-east-1", zone)
            labels |= {
                "karpenter.sh/capacity-type": random.choice(("spot", "spot", "on-demand")),
                "karpenter.sh/nodepool": random.choice(("default", "default", "batch")),
                "karpenter.sh/registered": "true",
                "karpenter.sh/initialized": "true",
                "karpenter.k8s.aws/instance-category": family[0],
                "karpenter.k8s.aws/instance-family": family,
                "karpenter.k8s.aws/instance-size": size,
                "karpenter.k8s.aws/instance-cpu": {"x": "4", "2": "8", "4": "16"}[size[0]],
                "karpenter.k8s.aws/instance-hypervisor": "nitro",
                "karpenter.k8s.aws/instance-network-bandwidth": random.choice(("1250", "2500")),
            }
        yield name, _host(name) | labels | common


def _gke(random: Random) -> Iterator[tuple[str, Labels]]:
    """A pool for each purpose, in three zones; one of them has a single node."""
    pools = {
        "default-pool": (30, "e2-standard-4", {}),
        "spot-pool": (12, "n2-standard-8", {"cloud.google.com/gke-spot": "true"}),
        "gpu-pool": (
            3,
            "g2-standard-8",
            {
                "cloud.google.com/gke-accelerator": "nvidia-l4",
                "cloud.google.com/gke-gpu-driver-version": "latest",
            },
        ),
        "monitoring": (1, "n2-highmem-4", {"dedicated": "monitoring"}),
    }
    for pool, (count, machine, own) in pools.items():
        for _ in range(count):
            name = f"gke-prod-{pool}-{random.randrange(16**8):08x}-{random.randrange(16**4):04x}"
            zone = f"europe-west1-{random.choice('bcd')}"
            family = machine.partition("-")[0]
            labels = _host(name) | _cloud(machine, "europe-west1", zone)
            yield (
                name,
                labels
                | {
                    "cloud.google.com/gke-boot-disk": "pd-balanced",
                    "cloud.google.com/gke-container-runtime": "containerd",
                    "cloud.google.com/gke-cpu-scaling-level": machine.rpartition("-")[2],
                    "cloud.google.com/gke-logging-variant": "DEFAULT",
                    "cloud.google.com/gke-max-pods-per-node": "110",
                    "cloud.google.com/gke-nodepool": pool,
                    "cloud.google.com/gke-os-distribution": "cos",
                    "cloud.google.com/gke-provisioning": "spot" if "spot" in pool else "standard",
                    "cloud.google.com/gke-stack-type": "IPV4",
                    "cloud.google.com/machine-family": family,
                    "topology.gke.io/zone": zone,
                }
                | own,
            )


def _aks(random: Random) -> Iterator[tuple[str, Labels]]:
    """Pools of Linux, one of them for the system, and two nodes of Windows; an upgrade goes on."""
    pools = {
        "agentpool": (5, "Standard_D4s_v3", "system"),
        "apps": (60, "Standard_D8s_v5", "user"),
        "memory": (40, "Standard_E8s_v5", "user"),
        "gpunp": (4, "Standard_NC6s_v3", "user"),
        "npwin": (2, "Standard_D4s_v3", "user"),
    }
    for pool, (count, size, mode) in pools.items():
        for number in range(count):
            is_windows = pool == "npwin"
            name = f"aks-{pool}-31407256-vmss{number:06x}"
            zone = f"westeurope-{random.randint(1, 3)}"
            image = "AKSWindows-2022" if is_windows else "AKSUbuntu-2204gen2containerd"
            image += "-202408.12.0" if number else "-202409.04.0"
            labels = _host(name, os="windows" if is_windows else "linux")
            labels |= _cloud(size, "westeurope", zone)
            labels |= {
                "agentpool": pool,
                "kubernetes.azure.com/agentpool": pool,
                "kubernetes.azure.com/cluster": "MC_rg-prod_aks-prod_westeurope",
                "kubernetes.azure.com/mode": mode,
                "kubernetes.azure.com/node-image-version": image,
                "kubernetes.azure.com/nodepool-type": "VirtualMachineScaleSets",
                "kubernetes.azure.com/os-sku": "Windows2022" if is_windows else "Ubuntu",
                "kubernetes.azure.com/role": "agent",
                "kubernetes.azure.com/storageprofile": "managed",
                "kubernetes.azure.com/storagetier": "Premium_LRS",
                "kubernetes.io/role": "agent",
                "node-role.kubernetes.io/agent": "",
                "storageprofile": "managed",
                "storagetier": "Premium_LRS",
                "topology.disk.csi.azure.com/zone": zone,
            }
            if is_windows:
                labels["node.kubernetes.io/windows-build"] = "10.0.20348"
            if pool == "gpunp":
                labels |= {"accelerator": "nvidia", "kubernetes.azure.com/accelerator": "nvidia"}
            yield name, labels


def _kops(random: Random) -> Iterator[tuple[str, Labels]]:
    """A control plane in each zone, each an instance group of its own."""
    for zone in "abc":
        name = f"i-{random.randrange(16**17):017x}"
        labels = _host(name) | _cloud("m5.large", "eu-central-1", f"eu-central-1{zone}")
        yield (
            name,
            labels
            | {
                "kops.k8s.io/instancegroup": f"control-plane-eu-central-1{zone}",
                "kops.k8s.io/kops-controller-pki": "",
                "kubernetes.io/role": "master",
                "node-role.kubernetes.io/control-plane": "",
                "node-role.kubernetes.io/master": "",
                "node.kubernetes.io/exclude-from-external-load-balancers": "",
            },
        )
    for number in range(27):
        name = f"i-{random.randrange(16**17):017x}"
        zone = f"eu-central-1{'abc'[number % 3]}"
        labels = _host(name) | _cloud(
            random.choice(("c5.xlarge", "m5.xlarge")), "eu-central-1", zone
        )
        yield (
            name,
            labels
            | {
                "kops.k8s.io/instancegroup": f"nodes-{zone}",
                "kubernetes.io/role": "node",
                "node-role.kubernetes.io/node": "",
                "node-labels.kops.k8s.io/spot": str(number % 4 == 0).lower(),
            },
        )


def _openshift(random: Random) -> Iterator[tuple[str, Labels]]:
    """Masters, infrastructure, workers and two nodes for storage."""
    roles = {"master": 3, "infra": 3, "worker": 40, "storage": 2}
    for role, count in roles.items():
        for number in range(count):
            name = f"{role}-{number}.ocp4.example.com"
            labels = _host(name) | {
                "node.openshift.io/os_id": "rhcos",
                "topology.kubernetes.io/zone": f"room-{number % 2 + 1}",
                f"node-role.kubernetes.io/{role}": "",
            }
            if role == "master":
                labels["node-role.kubernetes.io/control-plane"] = ""
                labels["node.kubernetes.io/exclude-from-external-load-balancers"] = ""
            else:
                labels["node-role.kubernetes.io/worker"] = ""
            if role == "storage":
                labels["cluster.ocs.openshift.io/openshift-storage"] = ""
                labels["topology.rook.io/rack"] = f"rack{number}"
            if role == "worker" and number % 3 == 0:
                labels["app"] = random.choice(("frontend", "backend", "batch"))
            yield name, labels


def _k3s(random: Random) -> Iterator[tuple[str, Labels]]:
    """Small machines in shops: a server and agents, most of them ARM."""
    for number in range(60):
        is_server = number == 0
        name = "shop-hub" if is_server else f"shop-{number:03}"
        arch = "amd64" if is_server or number % 12 == 5 else "arm64"
        labels = _host(name, arch) | {
            "egress.k3s.io/cluster": "true",
            "node.kubernetes.io/instance-type": "k3s",
            "plan.upgrade.cattle.io/k3s-agent": random.choice(("4f1d7a", "9b02ce")),
            "shop": f"{random.choice(('lyon', 'nantes', 'lille', 'bordeaux'))}-{number:03}",
            "country": "fr",
            "printer": random.choice(("true", "false")),
        }
        if is_server:
            labels |= {
                f"node-role.kubernetes.io/{role}": "true"
                for role in ("control-plane", "etcd", "master")
            }
            labels.pop("plan.upgrade.cattle.io/k3s-agent")
        yield name, labels


def _expanso(random: Random) -> str:
    """Edge nodes with labels that people wrote; most of them on some nodes only."""
    items = []
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
        spec: dict[str, Any] = {"name": f"{site}-{number:03}", "os": "linux", "arch": "arm64"}
        if number != 77:  # a node that has just joined
            spec["labels"] = labels
        items.append(
            {
                "id": f"node-{random.randrange(16**8):08x}",
                "spec": spec,
                "status": {"connection_state": "connected"},
            }
        )
    return json.dumps({"items": items, "next_token": ""})


def _nomad(random: Random) -> str:
    """Clients with the attributes that Nomad detects, which are of every kind."""
    nodes = []
    for number in range(48):
        address = f"10.20.{number // 16}.{number % 16 + 10}"
        is_arm = number % 8 == 3
        attributes = {
            "cpu.arch": "arm64" if is_arm else "amd64",
            "cpu.modelname": "Neoverse-N1" if is_arm else "AMD EPYC 7R32",
            "cpu.frequency": "2500" if is_arm else "3300",
            "cpu.numcores": random.choice(("4", "8")),
            "cpu.totalcompute": random.choice(("10000", "20000", "26400")),
            "driver.docker": "1",
            "driver.docker.version": "24.0.7" if number else "25.0.3",
            "driver.docker.bridge_ip": "172.17.0.1",
            "driver.exec": "1",
            "kernel.name": "linux",
            "kernel.version": random.choice(("5.15.0-1051-aws", "5.15.0-1052-aws")),
            "memory.totalbytes": random.choice(("16481738752", "33169096704")),
            "nomad.version": "1.7.3",
            "nomad.revision": "60ee328f97d19d2d2d9761251b895b06d82eb1a1",
            "os.name": "ubuntu",
            "os.signals": "SIGUSR1,SIGUSR2,SIGTERM,SIGINT,SIGHUP",
            "os.version": "22.04",
            "platform.aws.instance-type": "c6g.xlarge" if is_arm else "c5a.2xlarge",
            "platform.aws.placement.availability-zone": f"us-west-2{'abc'[number % 3]}",
            "unique.hostname": f"nomad-client-{number:02}",
            "unique.network.ip-address": address,
            "unique.storage.bytesfree": str(random.randrange(10**10, 10**11)),
            "unique.storage.volume": "/dev/root",
            "unique.platform.aws.instance-id": f"i-{random.randrange(16**17):017x}",
            "vault.accessible": "true",
            "consul.datacenter": "us-west-2",
            "consul.server": "false",
            "consul.version": "1.17.1" if number % 10 else "1.17.2",
        }
        nodes.append(
            {
                "ID": f"{random.randrange(16**8):08x}-7d6b-4a52-9d6c-0f6b7b0c{number:04}",
                "Name": f"nomad-client-{number:02}",
                "Datacenter": "us-west-2",
                "NodeClass": random.choice(("general", "general", "compute")),
                "NodePool": "gpu" if number in (40, 41) else "default",
                "Status": "ready",
                "SchedulingEligibility": "eligible",
                "Attributes": attributes,
                "Meta": {
                    "connect.log_level": "info",
                    "connect.proxy_concurrency": "1",
                    "connect.sidecar_image": "envoyproxy/envoy:v${NOMAD_envoy_version}",
                    "team": random.choice(("platform", "search", "ads")),
                    **({"storage": "nvme"} if number % 6 == 0 else {}),
                },
            }
        )
    return "\n".join(map(json.dumps, nodes))


def _consul(random: Random) -> str:
    """A catalog: servers, agents, and nodes that other programs have registered."""
    nodes = []
    for number in range(70):
        kind = "server" if number < 3 else "external" if number in (20, 41, 66) else "agent"
        meta = {"consul-network-segment": "", "consul-version": "1.17.1"}
        if kind == "external":
            meta = {"external-node": "true", "external-probe": "true"}
        elif kind == "agent":
            meta |= {"env": random.choice(("production", "staging")), "os": "linux"}
        nodes.append(
            {
                "ID": f"{random.randrange(16**12):012x}",
                "Node": f"{kind}-{number:02}",
                "Address": f"10.1.0.{number}",
                "Datacenter": "dc1",
                "Meta": meta,
            }
        )
    return json.dumps(nodes)


def _swarm(random: Random) -> str:
    """Few managers and many workers, whose labels were set by hand."""
    nodes = []
    for number in range(34):
        labels = {"zone": random.choice("ab"), "disk": random.choice(("ssd", "ssd", "hdd"))}
        if number < 3:
            labels["ingress"] = "true"
        if number in (10, 11):
            labels["db"] = ("primary", "replica")[number - 10]
        engine = {"com.example.rack": f"r{number % 4}", "provider": "hetzner"}
        nodes.append(
            {
                "ID": f"{random.randrange(36**10):025x}",
                "Spec": {
                    "Labels": labels,
                    "Role": "manager" if number < 3 else "worker",
                    "Availability": "active",
                },
                "Description": {
                    "Hostname": f"swarm-{number:02}",
                    "Platform": {"Architecture": "x86_64", "OS": "linux"},
                    "Engine": {"EngineVersion": "26.1.4", "Labels": engine},
                },
                "Status": {"State": "ready"},
            }
        )
    return json.dumps(nodes)


def _bacalhau(random: Random) -> str:
    """Compute nodes with the labels that Bacalhau detects: GPUs and their memory among them."""
    nodes = []
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
        nodes.append(
            {
                "Info": {
                    "NodeID": f"n-{random.randrange(16**8):08x}-7d6b-4a52",
                    "NodeType": "Compute",
                    "Labels": labels,
                },
                "Membership": "APPROVED",
                "ConnectionState": {"Status": "CONNECTED"},
            }
        )
    return json.dumps({"Nodes": nodes})


def _csv(random: Random) -> str:
    """A table that somebody exported from an inventory of machines."""
    lines = ["id,datacenter,rack,vendor,model,os,cores,memory_gb,contact"]
    for number in range(120):
        vendor, model = random.choice(
            (("Dell", "PowerEdge R640"), ("Dell", "PowerEdge R740"), ("HPE", "ProLiant DL380"))
        )
        os = random.choice(("Ubuntu 22.04", "Ubuntu 20.04", "Debian 12", "RHEL 8"))
        contact = random.choice(("ops@example.com", "dba@example.com", ""))
        where = f"{random.choice(('FRA1', 'AMS2', 'LHR3'))},R{number // 10 + 1:02}"
        size = f"{random.choice((16, 32, 64))},{random.choice((128, 256, 512))}"
        lines.append(f"srv{number:04},{where},{vendor},{model},{os},{size},{contact}")
    return "\n".join(lines)


LISTS: dict[str, Callable[[Random], str]] = {
    "kubeadm": lambda random: _kubernetes(_kubeadm(random)),
    "eks": lambda random: _kubernetes(_eks(random)),
    "gke": lambda random: _kubernetes(_gke(random)),
    "aks": lambda random: _kubernetes(_aks(random)),
    "kops": lambda random: _kubernetes(_kops(random)),
    "openshift": lambda random: _kubernetes(_openshift(random)),
    "k3s": lambda random: _kubernetes(_k3s(random)),
    "expanso": _expanso,
    "nomad": _nomad,
    "consul": _consul,
    "swarm": _swarm,
    "bacalhau": _bacalhau,
    "csv": _csv,
}
"""For each system, a function that returns a list as text, from a seed."""
