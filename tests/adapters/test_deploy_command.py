"""The driver `command` with real programs: what they are told, what they may say, what becomes of those that hang."""

from __future__ import annotations

import stat
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from release_ops.adapters.deploy_command import CommandDriver
from release_ops.adapters.driver import Driver, DriverError
from release_ops.domain.deploying import Target
from release_ops.product import project_root

AT = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
TARGET = Target(
    product="shop",
    version="2.8.0",
    ref="v2.8.0",
    commit="c0ffee",
    environment="production",
    weight=25,
    previous="2.7.1",
    strategy="canary",
)


def program(tmp_path: Path, text: str, **settings: object) -> CommandDriver:
    """A driver that runs this shell script."""
    path = tmp_path / "deploy.sh"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return CommandDriver(run=("./deploy.sh", "a b", "$HOME; rm -rf /"), folder=tmp_path, **settings)  # type: ignore[arg-type]


def test_the_example_keeps_the_contract(tmp_path):
    driver: Driver = CommandDriver(run=("include/examples/deploy/deploy.sh", str(tmp_path)), folder=project_root())
    assert (driver.look(TARGET).version, driver.look(TARGET).weight) == ("", 0)
    first = driver.apply(TARGET, "deploy:shop:2.8.0:production:1:step0.0", AT)
    assert first["output"] == "2.8.0 has 25 % (asked as deploy:shop:2.8.0:production:1:step0.0)\n"
    assert driver.look(TARGET).shows("2.8.0", 25)
    assert driver.apply(TARGET, "deploy:shop:2.8.0:production:1:step0.0", AT) == first, "asked twice it is the same"
    assert driver.rehearse(TARGET)["output"] == "2.7.1 can be had\n"
    assert driver.look(TARGET).shows("2.8.0", 25), "a rehearsal changes nothing"
    driver.rollback(TARGET, "deploy:shop:2.8.0:production:1:rollback.0", AT)
    assert driver.look(TARGET).shows("2.7.1", 100)


def test_a_program_gets_its_facts_and_nothing_of_airflow(tmp_path, monkeypatch):
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "secret")
    driver = program(
        tmp_path, 'for one in "$@"; do echo "<$one>"; done; env | sort', secrets={"DEPLOY_TOKEN": "hunter2-token"}
    )
    output = driver.apply(TARGET, "key", AT)["output"]
    assert output.startswith("<a b>\n<$HOME; rm -rf />\n"), "arguments as they are, without a shell"
    said = dict(line.partition("=")[::2] for line in output.splitlines() if line.startswith("RELEASE_OPS_"))
    assert said == {
        "RELEASE_OPS_ACTION": "apply",
        "RELEASE_OPS_AT": "2026-11-26T09:00:00+00:00",
        "RELEASE_OPS_COMMIT": "c0ffee",
        "RELEASE_OPS_ENVIRONMENT": "production",
        "RELEASE_OPS_KEY": "key",
        "RELEASE_OPS_PREVIOUS": "2.7.1",
        "RELEASE_OPS_PRODUCT": "shop",
        "RELEASE_OPS_REF": "v2.8.0",
        "RELEASE_OPS_STRATEGY": "canary",
        "RELEASE_OPS_VERSION": "2.8.0",
        "RELEASE_OPS_WEIGHT": "25",
    }
    assert "AIRFLOW" not in output
    assert "DEPLOY_TOKEN=***" in output, "a secret is passed on, and kept nowhere"
    assert "hunter2-token" not in repr(driver)


def test_the_last_line_of_status_says_what_is_live(tmp_path):
    driver = program(
        tmp_path,
        """echo "asking the load balancer"
        echo '{"version": "2.8.0", "weight": 10, "settled": false, "phase": "progressing",' \
            '"detail": "1 of 4", "evidence": {"lb": "a"}}'""",
    )
    live = driver.look(TARGET)
    assert (live.version, live.weight, live.settled, live.phase, live.detail) == (
        "2.8.0",
        10,
        False,
        "progressing",
        "1 of 4",
    )
    assert live.evidence["lb"] == "a"
    assert live.evidence["output"].startswith("asking the load balancer\n")


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("", '"version" has to be the newest version'),
        ('{"version": "2.8.0", "weight": 101, "settled": true}', "a whole number from 0 to 100"),
        ('{"version": "2.8.0", "weight": true, "settled": true}', "a whole number from 0 to 100"),
        ('{"version": "2.8.0", "weight": 10}', '"settled" has to be true or false'),
        ('{"version": "2.8.0", "weight": 10, "settled": true, "phase": "fine"}', '"phase" has to be one of'),
        ('{"version": ', "its last line is no JSON"),
        ('{"version": ' + "[" * 15_000, "its last line is no JSON"),
    ],
)
def test_a_status_that_says_nothing_sound_is_an_error(tmp_path, said, problem):
    with pytest.raises(DriverError, match=problem):
        program(tmp_path, f"echo '{said}'").look(TARGET)


def test_a_program_that_fails_says_why_by_the_end_of_what_it_wrote(tmp_path):
    driver = program(
        tmp_path, "echo doing; echo 'no such cluster token-1234' >&2; exit 3", secrets={"TOKEN": "token-1234"}
    )
    with pytest.raises(DriverError, match=r"deploy.sh apply ended with exit code 3: no such cluster \*\*\*"):
        driver.apply(TARGET, "key", AT)


def is_gone(pid: int) -> bool:
    """Whether a process ends, which the kernel does in its own time; a zombie has."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def test_a_program_that_does_not_return_is_ended_with_all_that_it_started(tmp_path):
    driver = program(tmp_path, f"sleep 60 & echo $! > {tmp_path}/child; wait", timeout=timedelta(seconds=3))
    with pytest.raises(DriverError, match="took longer than 3 s and was ended"):
        driver.apply(TARGET, "key", AT)
    child = int((tmp_path / "child").read_text())
    assert is_gone(child)


def test_a_flood_of_output_is_kept_by_its_end(tmp_path):
    output = program(tmp_path, "yes 0123456789 | head -c 5000000; echo; echo the end", output=1000).apply(
        TARGET, "key", AT
    )["output"]
    assert len(output) == 1000
    assert output.endswith("the end\n")


def test_a_program_that_is_not_there_is_named_with_a_remedy(tmp_path):
    driver = CommandDriver(run=("./nothing.sh",), folder=tmp_path)
    with pytest.raises(DriverError, match=r"nothing.sh cannot be started: No such file or directory; name a program"):
        driver.look(TARGET)
