"""Each kind of job is read alike by each command, or refused with the same words."""

import json
from pathlib import Path

import pytest

from tests.cli.running import FLEET, Run, write_files

POD = "{spec: {nodeSelector: {region: eu}, containers: [{name: a}]}}"
EXPANSO = "name: a\ntype: query\nconfig: {input: {stdin: {}}}\nselector: "

KINDS = {
    "expanso.yaml": f"{EXPANSO}{{match_labels: {{region: eu}}}}\n",
    "expanso.json": '{"name": "a", "type": "query", "config": {"input": {"stdin": {}}}, '
    '"selector": {"match_expressions": ["region=eu"]}}',
    "deployment.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n"
    f"spec: {{template: {POD}}}\n",
    "job-set.yaml": "apiVersion: jobset.x-k8s.io/v1alpha2\nkind: JobSet\nmetadata: {name: a}\n"
    f"spec: {{replicatedJobs: [{{name: w, template: {{spec: {{template: {POD}}}}}}}]}}\n",
    "bacalhau.yaml": "Name: a\nType: ops\nConstraints:\n"
    "  - {Key: region, Operator: in, Values: [eu]}\nTasks: [{Name: main}]\n",
    "bacalhau.json": '{"Job": {"Name": "a", "Tasks": [{}],'
    ' "Constraints": [{"Key": "region", "Operator": "=", "Values": ["eu"]}]}}',
    "lower.yaml": "name: a\ntype: ops\nconstraints: [{key: region, operator: =, values: [eu]}]\n"
    "tasks: [{name: main}]\n",
}
"""Jobs of each kind that select the nodes with region=eu, by the name of the file."""

NOMAD = {
    "web.nomad": 'variable "image" {\n  type = string\n}\n\njob "web" {\n  group "web" {\n'
    '    constraint {\n      attribute = "${meta.rack}"\n      value     = "r1"\n    }\n  }\n}\n',
    "web.yaml": 'job [[ template "job_name" . ]] { # of a pack\n  apiVersion: 1\n}\n',
    "web.hcl": 'job "web" { datacenters = ["dc1"] }\n',
    "plain.hcl": "job web {\n}\n",
    "api.json": '{"Job": {"ID": "web", "TaskGroups": [{"Name": "web"}]}}',
    "inner.json": '{"ID": "web", "TaskGroups": [{"Name": "web"}]}',
    "file.json": '{"job": {"web": {"group": {"web": {}}}}}',
    "group.json": '{"Name": "web", "Count": 1, "Tasks": [{"Driver": "docker"}]}',
}
NOT_READ = {
    **dict.fromkeys(NOMAD, "a Nomad job, which is not read"),
    "values.yaml": "helm template FOLDER",
    "compose.yaml": "give them as a selector, with -l",
    "old.yaml": "give its NodeSelectors",
}
"""What each command says about a file that it does not read."""

OTHERS = {
    "values.yaml": "replicaCount: 1\nnodeSelector: {a: b}\n",
    "compose.yaml": "services: {a: {image: b}}\n",
    "old.yaml": "Job: {APIVersion: V1beta1, Spec: {}}\n",
}

COMMANDS = {
    "match": ("match", "--job", "FILE", "-n", "fleet.ndjson"),
    "explain": ("explain", "--job", "FILE", "-n", "fleet.ndjson"),
    "explain --node": ("explain", "--job", "FILE", "-n", "fleet.ndjson", "--node", "n-1"),
    "diff": ("diff", "FILE", "FILE", "-n", "fleet.ndjson"),
    "rollout": ("rollout", "FILE", "-n", "fleet.ndjson"),
    "convert": ("convert", "FILE"),
    "labels": ("labels", "--job", "FILE", "-n", "fleet.ndjson", "region"),
    "sql": ("sql", "--job", "FILE", "--dialect", "sqlite", "--taints=", "--resources="),
    "check": ("check", "FILE"),
}

ANSWERS = {
    "match": "n-1 one connected n-2 two ready",
    "explain": "2 of 4 nodes match",
    "explain --node": "n-1 matches",
    "diff": "2 kept",
    "convert": "region",
    "labels": "eu 2",
    "sql": "region",
    "check": "",
}
"""What each command prints about each of these jobs; only one of Expanso has a rollout."""


def command_line(name: str, file: str) -> list[str]:
    return [file if word == "FILE" else word for word in COMMANDS[name]]


@pytest.mark.parametrize("command", ANSWERS)
@pytest.mark.parametrize("file", KINDS)
def test_each_command_reads_each_kind(run: Run, fleet: str, file: str, command: str) -> None:
    """The same nodes match, whatever the kind of the job and whatever the command."""
    Path(file).write_text(KINDS[file])
    result = run(*command_line(command, file), stdin=FLEET)
    words = " ".join(result.out.split())
    assert result.status == 0, result.err
    assert ANSWERS[command] in words


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("file", NOT_READ)
def test_another_file_is_called_so(run: Run, fleet: str, file: str, command: str) -> None:
    """Each command says in the same words what the file is, and what to do with it."""
    Path(file).write_text((NOMAD | OTHERS)[file])
    result = run(*command_line(command, file), stdin=FLEET)
    assert result.status == (1 if command == "check" else 2)
    words = result.text
    assert words.count("error[not-a-job]: this is a ") == 1
    assert NOT_READ[file] in words
    if file in NOMAD:
        assert "help: give its constraints as a selector, with -l: ${meta.rack} = r1 is" in words


def test_a_folder_of_all_kinds(run: Run, fleet: str) -> None:
    """``explain`` reads a folder with jobs of all kinds, and shows each under its file."""
    write_files(KINDS, "jobs")
    result = run("explain", "--job", "jobs", "-n", fleet, "-o", "json")
    report = json.loads(result.out)
    assert {job["job"]: job["matched"] for job in report["jobs"]} == {
        f"jobs/{name}": 2 for name in KINDS
    }


@pytest.mark.parametrize("file", ["deployment.yaml", "bacalhau.yaml"])
def test_only_a_job_of_expanso_has_a_rollout(run: Run, fleet: str, file: str) -> None:
    Path(file).write_text(KINDS[file])
    error = run(*command_line("rollout", file)).error
    assert "not a job spec" in error
    assert "-n FILE" not in error  # it is given
    assert "nodeselect match --job FILE -n NODES" in error


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    "command",
    [
        "match -n fleet.ndjson --job",
        "labels -n fleet.ndjson --job",
        "diff fleet.ndjson fleet.ndjson --job",
        "rollout -n fleet.ndjson",
        "sql --dialect duckdb --job",
    ],
)
def test_a_folder_with_one_job(run: Run, command: str) -> None:
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    write_files({"one/job.yaml": KINDS["expanso.yaml"], "one/config.yaml": config})
    words = command.split()
    assert run(*words, "one") == run(*words, "one/job.yaml")
    assert run(*words, "one").status == 0
    assert run("convert", "one") == run("convert", "one/job.yaml")
    difference = run("diff", "one", "one/job.yaml", "-n", "fleet.ndjson")
    assert (difference.status, difference.err) == (0, "")
    Path("one/more.yaml").write_text(KINDS["deployment.yaml"])
    message = "error[several-jobs]: the folder has several jobs, such as one/job.yaml"
    assert message in run(*words, "one").error
    Path("one/job.yaml").unlink()
    Path("one/more.yaml").unlink()
    assert "error[no-workload]: no file has a job" in run(*words, "one").err


TERM = '{"matchExpressions": [{"key": "region", "operator": "In", "values": ["%s"]}]}'
REQUIRED = '{"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [%s]}}'
EU = REQUIRED % (TERM % "eu")


SPREAD = '{"maxSkew": 1, "topologyKey": "region", "whenUnsatisfiable": "DoNotSchedule"}'
APART = '{"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "x"}]}'


@pytest.mark.parametrize(
    ("text", "selector"),
    [
        (EU, "region in (eu)"),
        (f'{{"nodeAffinity": {EU}}}', "region in (eu)"),
        (f'{{"affinity": {{"nodeAffinity": {EU}}}}}', "region in (eu)"),
        (REQUIRED % f"{TERM % 'eu'}, {TERM % 'us'}", "region in (eu) or region in (us)"),
        ('{"nodeSelector": {"region": "eu"}}', "region=eu"),
        (f'{{"nodeAffinity": {EU}, "podAntiAffinity": {APART}}}', "region in (eu)"),
        (f'{{"affinity": {{}}, "topologySpreadConstraints": [{SPREAD}]}}', "region"),
    ],
)
def test_an_affinity_without_a_pod(run: Run, text: str, selector: str) -> None:
    """It is a job by itself, of which taints and requests are unknown, also in a folder."""
    jobs = {"a.json": text, "all/a.json": text, "all/b.yaml": KINDS["expanso.yaml"]}
    write_files({**jobs, "fleet.ndjson": FLEET})
    report = json.loads(run("explain", "--job", "a.json", "-n", "fleet.ndjson", "-o", "json").out)
    assert report["selector"] == selector
    words = ["pod anti-affinity"] if "podAnti" in text else []
    words += ["topology spread"] if "topologySpread" in text else []
    assert report["not_considered"] == ["taints", "requests", *words]
    assert [each for each in words if each in run("convert", "a.json").err] == words
    both = ("--job", "a.json", "--job", "all")
    found = json.loads(run("explain", *both, "-n", "fleet.ndjson", "-o", "json").out)["jobs"]
    assert {each["job"] for each in found} == {"a.json", "all/a.json", "all/b.yaml"}
    assert (
        run("match", "--job", "a.json", "-n", "fleet.ndjson", "--count").out
        == f"{report['matched']}\n"
    )
