"""`release-ops analyse`: what was measured, and why it passes, fails or holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from release_ops.cli import main
from tests.prometheus_server import running

pytestmark = pytest.mark.xdist_group("prometheus")

DEMO = Path(__file__).resolve().parents[1] / "include" / "products" / "demo.yaml"
AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ANALYSES = """\
analyses:
  rate:
    metrics:
      errors:
        query: error_rate{version="{version}"}
        interval: 1m
        count: 5
        failure_limit: 3
        success: result[0] < 0.01
        minimum_sample: {query: 'requests{version="{version}"}', at_least: 50}
      load: {query: 'load', failure: "result[0] > 0.9", dry_run: true}
  comparison: {like: comparison}
"""


@pytest.fixture
def product(tmp_path, monkeypatch) -> str:
    monkeypatch.setenv("COLUMNS", "200")
    path = tmp_path / "webapp.yaml"
    path.write_text(ANALYSES + DEMO.read_text(encoding="utf-8"), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def server(missing, tmp_path_factory) -> Iterator[str]:
    now = [(AT - timedelta(seconds=15), 0.0)]
    past = {
        'error_rate{version="good"}': [(AT, 0.001)],
        'error_rate{version="bad"}': [(AT, 0.05)],
        'error_rate{version="new"}': [(AT, 0.0)],
        'requests{version="good"}': [(AT, 600)],
        'requests{version="bad"}': [(AT, 600)],
        'requests{version="new"}': [(AT, 3)],
        "load": [*now, (AT, 0.95)],
    }
    with running(missing, tmp_path_factory.mktemp("prometheus"), past=past) as one:
        yield one.url


@pytest.mark.parametrize(
    ("version", "code", "row", "said"),
    [
        ("good", 0, ("0.001", "600 of 50", "result[0] < 0.01", "passes"), "rate: passes"),
        ("bad", 1, ("0.05", "600 of 50", "fails"), "rate: fails: errors failed: measured 0.05, wanted result[0] < 0.01"),
        ("new", 1, ("3 of 50", "holds"), "rate: holds: errors is inconclusive: no data: a sample of 3"),
        ("none", 1, ("no data", "nothing of 50", "holds"), "rate: holds: errors is inconclusive: no data"),
    ],
)  # fmt: skip
def test_it_is_measured_once_and_told(product, server, capsys, version, code, row, said):
    options = ["--version", version, "--prometheus", server, "--at", AT.isoformat()]
    assert main(["analyse", product, "--analysis", "rate", *options]) == code
    out = capsys.readouterr().out
    (line,) = [line for line in out.splitlines() if "errors" in line and "│" in line]
    assert all(cell in line for cell in row)
    assert said in out
    (dry,) = [line for line in out.splitlines() if "load" in line and "│" in line]
    assert "fails (dry run)" in dry


def test_json_has_the_whole_run(product, server, capsys):
    options = ["--version", "bad", "--prometheus", server, "--at", AT.isoformat(), "--json"]
    assert main(["analyse", product, "--analysis", "rate", *options]) == 1
    (run,) = json.loads(capsys.readouterr().out)
    assert (run["analysis"], run["phase"], run["results"][0]["measurements"][0]["value"]) == ("rate", "Failed", [0.05])


def test_a_server_that_is_not_there_is_told_with_the_query(product, capsys):
    options = ["--version", "2.8.0", "--prometheus", "http://127.0.0.1:9"]
    assert main(["analyse", product, "--analysis", "rate", *options]) == 1
    assert "cannot be reached (ConnectionError); check host and port" in capsys.readouterr().out.replace("│", "")


def values(path: Path, errors: str, latency: str = "0.1 0.11 0.09 0.1 0.12 0.1 0.11") -> Path:
    rows = zip(errors.split(), latency.split(), strict=True)
    lines = ["time,error_rate,mean_latency", *(f"12:0{place},{a},{b}" for place, (a, b) in enumerate(rows))]
    path.write_text("\n".join(lines).replace("-", "") + "\n", encoding="utf-8")
    return path


LOW, HIGH = "0.01 0.012 0.011 0.009 0.01 0.012 0.01", "0.05 0.06 0.055 0.05 0.052 0.049 0.06"


@pytest.mark.parametrize(
    ("canary", "code", "said"),
    [
        (LOW, 0, "comparison: passes"),
        (
            HIGH,
            1,
            "comparison: fails: score failed: Canary Failed: The metric error_rate was classified as High (Critical)",
        ),
        (
            "- - - - - - 0.01",
            1,
            "comparison: holds: score is inconclusive: error_rate: no data: 1 values of the canary and 7",
        ),
    ],
    ids=["like the baseline", "worse", "silent"],
)
def test_values_of_two_files_are_compared(product, tmp_path, capsys, canary, code, said):
    files = [str(values(tmp_path / "canary.csv", canary)), str(values(tmp_path / "baseline.csv", LOW))]
    assert main(["analyse", product, "--canary", files[0], "--baseline", files[1]]) == code
    out = capsys.readouterr().out
    assert said in out
    assert "rate: " not in out.split("comparison")[0], "an analysis without a judge takes no values from files"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--analysis", "rat"], "webapp has no analysis rat; did you mean 'rate'?"),
        ([], "the queries name {version}: add --version with the version that is deployed"),
        (["--version", "2.8.0"], "the queries name {previous}: add --previous with the version that was there before"),
        (["--canary", "a.csv"], "--canary and --baseline are compared with each other: name both files"),
        (["--canary", "no.csv", "--baseline", "no.csv"], "no.csv: no such file"),
        (
            ["--canary", "bad.csv", "--baseline", "bad.csv"],
            "bad.csv:2: error_rate: 'x' is no number; write one like 0.5",
        ),
        (
            ["--canary", "few.csv", "--baseline", "few.csv"],
            "few.csv: has no column error_rate, a metric of the analysis",
        ),
        (
            ["--canary", "few.csv", "--baseline", "few.csv", "--analysis", "rate"],
            "none of them compares with a baseline",
        ),
        (["--prometheus", "localhost:9090"], "is no http(s) address; write it like http://localhost:9090"),
    ],
)
def test_a_wrong_call_is_told_with_the_remedy(product, tmp_path, monkeypatch, capsys, options, said):
    monkeypatch.chdir(tmp_path)
    Path("bad.csv").write_text("error_rate,mean_latency\nx,1\n", encoding="utf-8")
    Path("few.csv").write_text("errors\n1\n", encoding="utf-8")
    assert main(["analyse", product, *options]) == 2
    assert said in capsys.readouterr().err


def test_a_product_without_analyses_says_where_they_are_explained(capsys):
    assert main(["analyse", str(DEMO), "--canary", "a", "--baseline", "b"]) == 2
    assert "has no analyses; write `analyses:` into its file, as in docs/analysis.md" in capsys.readouterr().err
