"""Child processes are found by pid file, end with their families, and do not outlive whoever started them."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from quickstart.processes import Child, end_all, session, write_pid

ROOT = Path(__file__).resolve().parents[2]
FAMILY = """
import subprocess, sys
print("up", flush=True)
subprocess.run([sys.executable, "-c", "import signal; signal.pause()"])
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()"
PARENT = """
import os, pathlib, signal, sys
from quickstart.processes import Child, Minder
folder = pathlib.Path(sys.argv[1])
minder = Minder(folder, env=os.environ)
sleep = [sys.executable, "-c", "import signal; signal.pause()"]
child = Child("sleeper", sleep, folder=folder, log=folder / "log", env=os.environ)
child.start()
print(child.process.pid, flush=True)
signal.pause()
"""


@pytest.fixture
def make(tmp_path):
    children = []

    def start(code):
        child = Child("child", [sys.executable, "-c", code], folder=tmp_path, log=tmp_path / "log", env=os.environ)
        child.start()
        children.append(child)
        while "up" not in child.tail():
            assert child.alive(), child.tail()
        return child

    yield start
    for child in children:
        child.kill()


def test_stop_ends_the_whole_family(make):
    child = make(FAMILY)
    while len(child.family()) < 2:
        assert child.alive()
    family = child.family()
    child.stop()
    assert [process for process in family if process.is_running()] == []
    assert not child.file.exists()


def test_what_ignores_the_request_is_killed(make):
    child = make(STUBBORN)
    child.stop(grace=0.2)
    assert not child.alive()


def test_kill_is_sudden_and_start_works_again(make):
    child = make(FAMILY)
    family = child.family()
    child.kill()
    assert [process for process in family if process.is_running()] == []
    assert not child.expected
    child.start()
    assert child.alive()
    assert child.expected


def test_a_pid_that_belongs_to_somebody_else_by_now_is_left_alone(tmp_path):
    stranger = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
    try:
        (tmp_path / "scheduler.pid").write_text(f"{stranger.pid} 12345.0\n")
        assert end_all(tmp_path) == []
        assert stranger.poll() is None
        assert not (tmp_path / "scheduler.pid").exists()
    finally:
        stranger.kill()
        stranger.wait()


def test_children_end_when_their_parent_is_killed(tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    psutil.wait_procs([child], timeout=30)
    assert session(child.pid) == []


def test_a_pid_file_of_a_process_that_is_gone_is_not_written(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    write_pid(tmp_path / "gone.pid", gone.pid)
    assert not (tmp_path / "gone.pid").exists()
