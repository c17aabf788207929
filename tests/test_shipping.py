"""What is shipped hangs together: compose file, Dockerfile, .env, pins, Makefile. No docker engine is needed."""

import re
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from quickstart.env import fill
from release_ops.team_file import teams_folder

ROOT = Path(__file__).resolve().parents[1]
LONG_RUNNING = {"postgres", "redis", "api-server", "scheduler", "dag-processor", "triggerer", "worker"}


@pytest.fixture(scope="module")
def compose():
    return YAML(typ="safe").load((ROOT / "docker-compose.yaml").read_text())


@pytest.fixture(scope="module")
def text():
    return (ROOT / "docker-compose.yaml").read_text()


def test_the_services_are_those_of_a_celery_airflow(compose):
    assert set(compose["services"]) == LONG_RUNNING | {"init"}


@pytest.mark.parametrize("name", sorted(LONG_RUNNING))
def test_every_service_that_stays_has_a_health_check_and_comes_back(compose, name):
    service = compose["services"][name]
    assert service["healthcheck"]["test"]
    assert service["restart"] == "unless-stopped"


def test_everything_of_airflow_waits_for_the_migration(compose):
    for name in LONG_RUNNING - {"postgres", "redis"}:
        assert compose["services"][name]["depends_on"]["init"] == {"condition": "service_completed_successfully"}


def test_no_secret_has_a_default_and_each_names_its_remedy(text):
    for variable, rest in re.findall(r"\$\{([A-Z_]+)([^}]*)\}", text):
        if re.search("PASSWORD|SECRET|KEY", variable):
            assert not rest.startswith((":-", "-")), f"{variable} has a default"
    secrets = set(re.findall(r"\$\{([A-Z_]*(?:PASSWORD|SECRET|KEY)[A-Z_]*)", text))
    assert secrets
    for secret in secrets:
        assert f"{secret}:?set {secret} in .env, see .env.example" in text


def test_every_variable_is_in_the_example_and_the_example_holds_no_other(text):
    example = re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M)
    assert sorted(example) == sorted(set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", text)))


def test_the_example_holds_no_secret():
    for name, value in re.findall(r"^([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.M):
        assert name in {"AIRFLOW_PORT", "AIRFLOW_ADMIN_USER"} or value == ""


def test_make_env_fills_every_value_with_one_of_its_own():
    example = (ROOT / ".env.example").read_text()
    values = [dict(re.findall(r"^([A-Z_]+)=(.*)$", fill(example, uid=1000), re.M)) for _ in range(2)]
    assert all(all(one.values()) for one in values)
    assert values[0]["AIRFLOW_UID"] == "1000"
    for name, value in values[0].items():
        if re.search("PASSWORD|SECRET|KEY", name):
            assert len(value) >= 32
            assert list(values[0].values()).count(value) == 1
            assert values[1][name] != value


def test_the_database_and_the_queue_are_not_reachable_from_outside_and_the_ui_only_from_this_machine(compose):
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {"api-server": ["127.0.0.1:${AIRFLOW_PORT:-8080}:8080"]}


def test_every_file_that_is_mounted_or_copied_is_there(compose):
    mounts = {mount.split(":")[0] for one in compose["services"].values() for mount in one.get("volumes", [])}
    copied = re.findall(r"^COPY (?:--\S+ )*(\S+) ", (ROOT / "Dockerfile").read_text(), re.M)
    for path in {mount for mount in mounts if mount.startswith(".")} | set(copied):
        assert (ROOT / path).exists(), path
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(copied) <= allowed


def test_team_files_are_shipped_and_approved_plans_are_kept_where_every_worker_writes(compose):
    """Team files lie beside the plugins. `include` is read-only, so what is approved goes to the volume of state."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    copied = dict(re.findall(r"^COPY (?:--\S+ )*(\S+) (\S+)$", dockerfile, re.M))
    assert Path(copied["include"]).parent == Path(copied["plugins"]).parent
    assert teams_folder() == ROOT / "include" / "teams"
    assert {one.name for one in teams_folder().glob("*.yaml")} >= {"_defaults.capacity.yaml", "demo.yaml"}
    kept = re.search(r"RELEASE_OPS_ALLOCATIONS=(\S+)", dockerfile)[1]
    for name in LONG_RUNNING - {"postgres", "redis"}:
        service = compose["services"][name]
        assert service["environment"]["RELEASE_OPS_ALLOCATIONS"] == kept
        mounts = {mount.split(":")[1]: mount for mount in service["volumes"]}
        parent = next(one for one in mounts if kept.startswith(f"{one}/"))
        assert not mounts[parent].endswith(":ro")


def test_the_image_is_the_airflow_that_the_pins_name():
    base = re.search(r"^FROM apache/airflow:(\S+)-python3\.\d+$", (ROOT / "Dockerfile").read_text(), re.M)
    assert f"apache-airflow=={base[1]}\n" in (ROOT / "requirements.txt").read_text()


@pytest.mark.parametrize("name", ["requirements", "requirements-ai", "requirements-dev"])
def test_everything_is_pinned_and_every_direct_dependency_is_among_the_pins(name):
    pins = (ROOT / f"{name}.txt").read_text().splitlines()
    assert all(re.match(r"[a-z0-9.-]+(\[[a-z,]+\])?==\S+", line) for line in pins)
    pinned = {re.split(r"[=\[]", line)[0] for line in pins}
    direct = {
        re.split(r"[=\[<>]", line.split("#")[0].strip())[0].replace(".", "-").replace("_", "-").lower()
        for line in (ROOT / f"{name}.in").read_text().splitlines()
        if line.strip() and not line.startswith(("#", "-"))
    }
    assert direct <= pinned


@pytest.mark.parametrize("target", ["run", "test", "stop", "clean", "lock", "lint", "env"])
def test_make_help_tells_every_target(target):
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.search(rf"^  make {target} ", told, re.M)


@pytest.mark.parametrize("script", [".ci/run", "deploy/postgres-init.sh"])
def test_scripts_are_well_formed(script):
    shell = (ROOT / script).read_text().splitlines()[0].removeprefix("#!")
    assert subprocess.run([shell, "-n", script], cwd=ROOT, check=False).returncode == 0
