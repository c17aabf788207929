"""Reports of real tools, as these tools write them, and reports that are none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.adapters import reports
from release_ops.adapters.reports import ReportError, read_report

PYTEST = b"""<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="5" time="0.031"
 timestamp="2026-01-12T09:00:00" hostname="ci"><testcase classname="tests.test_a" name="test_one" time="0.001" />
<testcase classname="tests.test_a" name="test_two" time="0.001"><failure message="assert 1 == 2">x</failure></testcase>
<testcase classname="tests.test_a" name="test_three" time="0.0"><skipped type="pytest.skip" message="no"/></testcase>
<testcase classname="tests.test_a" name="test_four" time="0.0"><error message="failed on setup">e</error></testcase>
<testcase classname="tests.test_a" name="test_five" time="0.0"/></testsuite></testsuites>"""

SUREFIRE_FLAKY = b"""<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" name="A" time="1,204.5" tests="2"
 errors="0" skipped="0" failures="1" flakes="1">
<properties><property name="java.version" value="21"/></properties>
<testcase name="flaky" classname="A"><flakyFailure type="x"><stackTrace>t</stackTrace></flakyFailure></testcase>
<testcase name="broken" classname="A"><failure type="x">t</failure><rerunFailure type="x"/></testcase></testsuite>"""

JEST = b"""<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="jest tests" tests="3" failures="0" errors="0" time="2.1">
<testsuite name="a" errors="0" failures="0" skipped="1" tests="2"><testcase classname="a" name="a"/>
<testcase classname="a" name="b"><skipped/></testcase></testsuite>
<testsuite name="b" errors="0" failures="0" skipped="0" tests="1"><testcase classname="b" name="a"/></testsuite>
</testsuites>"""

GO_JUNIT_REPORT = b"""<testsuites tests="2" failures="1"><testsuite name="pkg" tests="2" failures="1" errors="0" id="0">
<properties><property name="go.version" value="go1.22"></property></properties>
<testcase name="TestA" classname="pkg"><failure message="Failed"><![CDATA[x]]></failure></testcase>
<testcase name="TestB" classname="pkg"></testcase></testsuite></testsuites>"""

GOOGLETEST = b"""<testsuites tests="3" failures="0" disabled="1" errors="0" name="AllTests">
<testsuite name="S" tests="3" failures="0" disabled="1" skipped="1" errors="0">
<testcase name="a" status="run" result="completed"/>
<testcase name="DISABLED_b" status="notrun" result="suppressed"/>
<testcase name="c" status="run" result="skipped"><skipped message=""/></testcase></testsuite></testsuites>"""

BARE = b"""<testsuites><testsuite name="outer"><testsuite name="inner"><testcase name="a"><failure/></testcase>
<testcase name="b"/></testsuite><testcase name="c"><system-out>&lt;failure/&gt;</system-out></testcase></testsuite>
</testsuites>"""

SUMMARY_ONLY = b'<testsuite name="s" tests="12" failures="2" errors="1" skipped="1"/>'

SETUP_FAILED = (
    b'<testsuite tests="1" failures="0" errors="1"><error message="beforeAll"/><testcase name="a"/></testsuite>'
)


@pytest.mark.parametrize(
    ("data", "tests", "failures", "errors", "skipped"),
    [
        pytest.param(PYTEST, 5, 1, 1, 1, id="pytest"),
        pytest.param(SUREFIRE_FLAKY, 2, 1, 0, 0, id="surefire: a flaky test that passed in the end is no failure"),
        pytest.param(JEST, 3, 0, 0, 1, id="jest-junit: the sums of the root are not counted twice"),
        pytest.param(GO_JUNIT_REPORT, 2, 1, 0, 0, id="go-junit-report"),
        pytest.param(GOOGLETEST, 3, 0, 0, 2, id="googletest: disabled tests are skipped"),
        pytest.param(BARE, 3, 1, 0, 0, id="no attributes: the cases are counted, nested suites too"),
        pytest.param(SUMMARY_ONLY, 12, 2, 1, 1, id="no cases: the attributes count"),
        pytest.param(SETUP_FAILED, 1, 0, 1, 0, id="an error outside of the cases is known to the attributes only"),
    ],
)
def test_junit_of_every_tool_gives_the_same_numbers(data, tests, failures, errors, skipped):
    metrics = read_report("junit", data)
    assert {key: metrics[key] for key in ("tests", "failures", "errors", "skipped", "failed")} == {
        "tests": tests,
        "failures": failures,
        "errors": errors,
        "skipped": skipped,
        "failed": failures + errors,
    }


def test_pass_rate_is_of_the_tests_that_ran():
    assert read_report("junit", PYTEST)["pass_rate"] == 0.5
    assert read_report("junit", JEST)["pass_rate"] == 1.0


def test_no_test_ran_gives_no_pass_rate():
    skipped = b'<testsuite tests="1"><testcase name="a"><skipped/></testcase></testsuite>'
    assert "pass_rate" not in read_report("junit", b"<testsuites/>")
    assert "pass_rate" not in read_report("junit", skipped)


COVERAGE_PY = b"""<?xml version="1.0" ?>
<coverage version="7.6" timestamp="1760000000000" lines-valid="10000" lines-covered="8999" line-rate="0.9"
 branches-covered="30" branches-valid="40" branch-rate="0.75" complexity="0"><sources/><packages/></coverage>"""

WITH_DOCTYPE = b"""<?xml version="1.0" ?>
<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
<coverage lines-valid="0" lines-covered="0" line-rate="1" branches-valid="0" branches-covered="0" branch-rate="NaN"
 timestamp="1" complexity="0" version="0.1"><packages/></coverage>"""

DTD_03 = b"""<coverage line-rate="0.66" branch-rate="0.5" version="1.9" timestamp="1">
<packages><package name="p"><classes>
<class name="A" filename="a.py"><methods><method name="m"><lines><line number="1" hits="3"/></lines></method></methods>
<lines><line number="1" hits="3"/><line number="2" hits="0"/></lines></class>
<class name="B" filename="a.py"><methods/><lines><line number="2" hits="1"/><line number="3" hits="0"/></lines></class>
</classes></package></packages></coverage>"""


def test_cobertura_line_rate_is_exact_where_the_tool_rounded():
    metrics = read_report("cobertura", COVERAGE_PY)
    assert metrics == {"lines_valid": 10000, "lines_covered": 8999, "line_rate": 0.8999, "branch_rate": 0.75}


def test_cobertura_that_measured_nothing_has_no_rate_although_the_tool_says_1():
    assert read_report("cobertura", WITH_DOCTYPE) == {"lines_valid": 0, "lines_covered": 0}


def test_cobertura_without_totals_counts_each_line_once():
    metrics = read_report("cobertura", DTD_03)
    assert (metrics["lines_covered"], metrics["lines_valid"]) == (2, 3)
    assert metrics["branch_rate"] == 0.5


def sarif(*results, rules=(), extensions=(), **run):
    tool = {"driver": {"name": "scanner", "rules": list(rules)}, "extensions": list(extensions)}
    return json.dumps({"version": "2.1.0", "runs": [{"tool": tool, "results": list(results), **run}]}).encode()


def levels(data):
    return {level: int(count) for level, count in read_report("sarif", data).items() if count}


RULES = (
    {"id": "CA1000", "defaultConfiguration": {"level": "error"}},
    {"id": "CA2000", "defaultConfiguration": {"level": "note"}},
    {"id": "CA3000"},
)


@pytest.mark.parametrize(
    ("result", "level"),
    [
        pytest.param({"level": "note", "ruleId": "CA1000"}, "note", id="its own level"),
        pytest.param({"ruleId": "CA1000"}, "error", id="default of the rule by id"),
        pytest.param({"ruleId": "CA1000/7"}, "error", id="hierarchical rule id"),
        pytest.param({"ruleIndex": 1}, "note", id="default of the rule by index"),
        pytest.param({"rule": {"index": 0}}, "error", id="rule reference"),
        pytest.param({"rule": {"id": "X", "toolComponent": {"index": 0}}}, "error", id="rule of an extension"),
        pytest.param({"rule": {"id": "X", "toolComponent": {"name": "pack"}}}, "error", id="extension by name"),
        pytest.param({"ruleId": "CA3000"}, "warning", id="rule without a configuration"),
        pytest.param({"ruleId": "unheard"}, "warning", id="unknown rule"),
        pytest.param({}, "warning", id="no rule"),
        pytest.param({"kind": "pass", "ruleId": "CA1000"}, "none", id="a check that passed"),
        pytest.param({"ruleIndex": 1, "provenance": {"invocationIndex": 0}}, "error", id="override of the invocation"),
        pytest.param({"ruleIndex": 0, "provenance": {"invocationIndex": 0}}, "error", id="override of another rule"),
    ],
)
def test_sarif_level_of_a_result(result, level):
    data = sarif(
        result,
        rules=RULES,
        extensions=[{"name": "pack", "rules": [{"id": "X", "defaultConfiguration": {"level": "error"}}]}],
        invocations=[
            {
                "executionSuccessful": True,
                "ruleConfigurationOverrides": [
                    {"descriptor": {"id": "CA2000"}, "configuration": {"level": "error"}},
                ],
            }
        ],
    )
    assert levels(data) == {level: 1}


def test_sarif_does_not_count_what_is_suppressed_or_gone():
    data = sarif(
        {"level": "error", "suppressions": [{"kind": "inSource"}]},
        {"level": "error", "suppressions": [{"kind": "external", "status": "accepted"}]},
        {"level": "error", "baselineState": "absent"},
        {"level": "warning", "suppressions": [{"kind": "external", "status": "underReview"}]},
        {"level": "note", "suppressions": [{"kind": "external", "status": "rejected"}]},
        {"level": "none", "suppressions": []},
    )
    assert levels(data) == {"warning": 1, "note": 1, "none": 1}


def test_sarif_adds_up_all_runs():
    log = json.loads(sarif({"level": "error"}))
    log["runs"] += json.loads(sarif({"level": "error"}, {}))["runs"]
    assert levels(b"\xef\xbb\xbf" + json.dumps(log).encode()) == {"error": 2, "warning": 1}


@pytest.mark.parametrize(
    ("format_", "data", "words"),
    [
        ("junit", b"", "an empty file"),
        ("junit", b"<testsuite>", "broken XML"),
        ("junit", b"<html/>", "found <html>"),
        ("junit", COVERAGE_PY, "its format is cobertura"),
        ("junit", b'<testsuite tests="many"/>', "'many'"),
        ("junit", b'<testsuite failures="-1"/>', "'-1'"),
        ("cobertura", JEST, "its format is junit"),
        ("cobertura", b'<report name="x"/>', "JaCoCo"),
        ("cobertura", b'<coverage generated="1"><project/></coverage>', "Clover"),
        ("cobertura", b'<coverage line-rate="0.9" lines-valid="3" lines-covered="4"/>', "4 of 3"),
        ("cobertura", b'<coverage line-rate="0.9" branch-rate="85.3"/>', "between 0 and 1"),
        ("sarif", b"", "an empty file"),
        ("sarif", b"<xml/>", "broken JSON"),
        ("sarif", b"[" * 100_000, "broken JSON"),
        ("sarif", b"[]", "a JSON list"),
        ("sarif", b'{"version": "2.0.0", "runs": []}', "'2.0.0'"),
        ("sarif", b'{"version": "2.1.0", "runs": []}', "did not run"),
        ("sarif", b'{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}}]}', "did not scan"),
        ("sarif", sarif(invocations=[{"executionSuccessful": False}]), "ended with an error"),
        ("sarif", sarif({"level": "fatal"}), "'fatal'"),
    ],
)
def test_a_broken_or_wrong_report_says_so(format_, data, words):
    with pytest.raises(ReportError, match=r"^ci/report\.x: expected ") as error:
        read_report(format_, data, name="ci/report.x")
    assert words in str(error.value)
    assert error.value.remedy


def test_a_scan_that_broke_off_is_not_a_clean_scan():
    with pytest.raises(ReportError, match="finished scan"):
        read_report("sarif", sarif(invocations=[{"executionSuccessful": False}]))


BOMB = b"""<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><testsuite name="&b;"/>"""
EXTERNAL = b"""<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><testsuite>&a;</testsuite>"""


@pytest.mark.parametrize("data", [BOMB, EXTERNAL])
def test_entities_are_refused(data):
    with pytest.raises(ReportError, match="declares entities"):
        read_report("junit", data)


def test_size_and_depth_are_bounded(monkeypatch):
    deep = b"<testsuite>" * 200 + b"</testsuite>" * 200
    with pytest.raises(ReportError, match="nested"):
        read_report("junit", deep)
    monkeypatch.setattr(reports, "MAX_BYTES", 10)
    with pytest.raises(ReportError, match="system-out"):
        read_report("junit", PYTEST)


def test_unknown_format_names_the_known_ones():
    with pytest.raises(ValueError, match="use one of junit, cobertura, sarif"):
        read_report("jacoco", b"")


@given(st.lists(st.sampled_from(["", "<failure/>", "<error/>", "<skipped/>"]), max_size=30))
def test_junit_counts_what_is_in_it(cases):
    body = "".join(f"<testcase name='{number}'>{child}</testcase>" for number, child in enumerate(cases))
    metrics = read_report("junit", f"<testsuites><testsuite>{body}</testsuite></testsuites>".encode())
    assert metrics["tests"] == len(cases)
    assert metrics["failed"] == cases.count("<failure/>") + cases.count("<error/>")
    assert metrics["skipped"] == cases.count("<skipped/>")


@given(st.sampled_from(["junit", "cobertura", "sarif"]), st.binary(max_size=200))
def test_anything_else_is_a_report_error(format_, data):
    with pytest.raises(ReportError):
        read_report(format_, data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["results", "level", "ruleId", "ruleIndex", "rule", "tool", "driver", "rules", "id"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=3))
def test_sarif_of_any_shape_is_read_or_refused(runs):
    try:
        metrics = read_report("sarif", json.dumps({"version": "2.1.0", "runs": runs}).encode())
    except ReportError:
        return
    assert set(metrics) == {"error", "warning", "note", "none"}
