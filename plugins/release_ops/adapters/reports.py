"""Reports that build systems write: JUnit XML, Cobertura XML and SARIF, each read into a few named numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import XMLParser

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 100

_LEVELS = ("error", "warning", "note", "none")


class ReportError(ValueError):
    """A report that cannot be read: says which file, what was expected, and the remedy."""

    def __init__(self, name: str, expected: str, found: str, remedy: str) -> None:
        super().__init__(f"{name}: expected {expected}, found {found}; {remedy}")
        self.name = name
        self.expected = expected
        self.found = found
        self.remedy = remedy


def read_report(format: str, data: bytes, *, name: str = "report") -> dict[str, float]:
    """The numbers of a report by name.

    junit: `tests`, `failures`, `errors`, `skipped`, `failed` (failures and errors) as counts, and `pass_rate` (0..1) of
    the tests that ran. cobertura: `line_rate`, `branch_rate` (0..1), `lines_covered`, `lines_valid`. sarif: number of
    results per level, `error`, `warning`, `note`, `none`. A rate of nothing is left out: where no test ran there is no
    `pass_rate`, where no line was measured no `line_rate`.

    `name` is the file that an error names. Raises ReportError for anything that is not a complete report of that
    format, is larger than 64 MiB or nested deeper than 100 elements, and ValueError for an unknown format.
    """
    reader = _READERS.get(format)
    if reader is None:
        raise ValueError(f"unknown report format {format!r}; use one of {', '.join(_READERS)}")
    if len(data) > MAX_BYTES:
        raise ReportError(
            name,
            f"at most {MAX_BYTES // 2**20} MiB",
            f"{math.ceil(len(data) / 2**20)} MiB",
            "leave the tests' output (system-out) or the code snippets out of the report",
        )
    return reader(data, name)


class _Reader(Protocol):
    def start(self, tag: str, attributes: Mapping[str, str]) -> None: ...

    def end(self, tag: str) -> None: ...


class _Target:
    """Feeds an XML stream to a reader and keeps nothing, so that memory does not grow with the report."""

    def __init__(self, reader: _Reader, *, root: Callable[[str], None], name: str) -> None:
        self.reader = reader
        self.root = root
        self.name = name
        self.depth = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ReportError(
                self.name,
                f"at most {MAX_DEPTH} nested elements",
                "more",
                "this is no report of a known tool; check what writes the file",
            )
        tag = tag.rpartition("}")[2]
        if self.depth == 1:
            self.root(tag)
        self.reader.start(tag, attributes)

    def end(self, tag: str) -> None:
        self.depth -= 1
        self.reader.end(tag.rpartition("}")[2])

    def data(self, text: str) -> None:
        """Text is of no interest."""

    def close(self) -> None:
        """Nothing to return: the reader has it."""


def _parse(data: bytes, reader: _Reader, *, roots: Mapping[str, str], title: str, name: str) -> None:
    """Stream `data` to `reader`; `roots` maps the element names a report may begin with to nothing or to a hint."""

    def root(tag: str) -> None:
        if roots.get(tag) != "":
            good = " or ".join(f"<{each}>" for each, hint in roots.items() if not hint)
            hint = roots.get(tag, "name the right format or path in the criterion")
            raise ReportError(name, f"{title} that begins with {good}", f"<{tag[:80]}>", hint)

    parser = XMLParser(target=_Target(reader, root=root, name=name))
    try:
        parser.feed(data)
        parser.close()
    except ParseError as error:
        raise ReportError(
            name,
            title,
            f"broken XML ({error})" if data.strip() else "an empty file",
            "run the tool that writes it again and look at the end of its log",
        ) from None
    except DefusedXmlException:
        raise ReportError(
            name,
            f"{title} without entity declarations",
            "an XML file that declares entities",
            "no reporting tool writes these; check where the file comes from",
        ) from None


def _count(name: str, where: str, text: str) -> int:
    """A whole number of things; some tools write `3.0`."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (value >= 0 and value.is_integer()):
        raise ReportError(name, f"a whole number in {where}", repr(text[:40]), "check the tool that writes the report")
    return int(value)


# --- JUnit XML: no standard, so what Ant, Surefire, pytest, jest-junit, gotestsum and GoogleTest write --------------


_ATTRIBUTES = {
    "tests": ("tests",),
    "failures": ("failures",),
    "errors": ("errors",),
    "skipped": ("skipped", "disabled"),
}


class _JUnit:
    """Counts test cases; where a suite's attributes claim more (its set-up failed, it lists no cases) they count."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.suites: list[tuple[dict[str, int], dict[str, int]]] = []
        self.case: set[str] | None = None
        self.inside_case = 0
        self.totals: dict[str, int] = {}

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self.case is not None:
            self.inside_case += 1
            if self.inside_case == 1:
                self.case.add(tag)
        elif tag in {"testsuites", "testsuite"}:
            claimed = {
                metric: sum(_count(self.name, f"<{tag} {key}>", attributes[key]) for key in keys if attributes.get(key))
                for metric, keys in _ATTRIBUTES.items()
            }
            self.suites.append((claimed, dict.fromkeys(_ATTRIBUTES, 0)))
        elif tag == "testcase":
            self.case, self.inside_case = set(), 0
            # GoogleTest has no <skipped> element for a disabled test.
            if attributes.get("status") in {"notrun", "skipped"} or attributes.get("result") in {
                "skipped",
                "suppressed",
            }:
                self.case.add("skipped")

    def end(self, tag: str) -> None:
        if self.case is not None:
            if self.inside_case:
                self.inside_case -= 1
            else:
                self._close_case(self.case)
                self.case = None
        elif tag in {"testsuites", "testsuite"}:
            claimed, counted = self.suites.pop()
            total = {metric: max(claimed[metric], counted[metric]) for metric in counted}
            if self.suites:
                outer = self.suites[-1][1]
                for metric, value in total.items():
                    outer[metric] += value
            else:
                self.totals = total

    def _close_case(self, found: set[str]) -> None:
        counted = self.suites[-1][1]
        counted["tests"] += 1
        # Surefire's flakyFailure and rerunFailure are not failures of their own.
        if "error" in found:
            counted["errors"] += 1
        elif "failure" in found:
            counted["failures"] += 1
        elif "skipped" in found:
            counted["skipped"] += 1


def _read_junit(data: bytes, name: str) -> dict[str, float]:
    reader = _JUnit(name)
    roots = {
        "testsuites": "",
        "testsuite": "",
        "coverage": "this is a coverage report; its format is cobertura",
        "assemblies": "this is xUnit.net's own format; let it write JUnit XML (the JunitXml logger)",
        "test-run": "this is NUnit's own format; let it write JUnit XML",
        "TestRun": "this is Visual Studio's own format; let it write JUnit XML (the JunitXml logger)",
    }
    _parse(data, reader, roots=roots, title="a JUnit XML report", name=name)
    metrics: dict[str, float] = {metric: float(value) for metric, value in reader.totals.items()}
    metrics["failed"] = metrics["failures"] + metrics["errors"]
    ran = metrics["tests"] - metrics["skipped"]
    if ran > 0:
        metrics["pass_rate"] = max(0.0, ran - metrics["failed"]) / ran
    return metrics


# --- Cobertura: http://cobertura.sourceforge.net/xml/coverage-04.dtd ------------------------------------------------


class _Cobertura:
    """Takes the totals of the root element; counts the lines of the classes where a tool leaves the totals out."""

    def __init__(self) -> None:
        self.root: dict[str, str] = {}
        self.file = ""
        self.in_methods = False
        self.lines: dict[tuple[str, str], bool] = {}

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "coverage":
            self.root = dict(attributes)
        elif tag == "class":
            self.file = attributes.get("filename", attributes.get("name", ""))
        elif tag == "methods":
            self.in_methods = True
        elif tag == "line" and not self.in_methods and "lines-valid" not in self.root:
            key = (self.file, attributes.get("number", ""))
            self.lines[key] = self.lines.get(key, False) or attributes.get("hits", "0") != "0"

    def end(self, tag: str) -> None:
        if tag == "methods":
            self.in_methods = False


def _read_cobertura(data: bytes, name: str) -> dict[str, float]:
    reader = _Cobertura()
    roots = {
        "coverage": "",
        "report": "this looks like JaCoCo; let the build write Cobertura too, or convert it (cover2cover)",
        "testsuites": "this is a test report; its format is junit",
        "testsuite": "this is a test report; its format is junit",
    }
    _parse(data, reader, roots=roots, title="a Cobertura XML report", name=name)
    root = reader.root
    if "line-rate" not in root and "lines-valid" not in root:
        raise ReportError(
            name,
            "a Cobertura XML report with line-rate",
            "<coverage> without it",
            "this looks like Clover; let the coverage tool write Cobertura",
        )
    if "lines-valid" in root:
        valid = _count(name, "<coverage lines-valid>", root["lines-valid"])
        covered = _count(name, "<coverage lines-covered>", root.get("lines-covered", ""))
    else:
        valid, covered = len(reader.lines), sum(reader.lines.values())
    if covered > valid:
        raise ReportError(
            name, "lines-covered up to lines-valid", f"{covered} of {valid}", "check the tool that merges the reports"
        )
    metrics = {"lines_covered": float(covered), "lines_valid": float(valid)}
    if valid:
        # Tools round line-rate, and 0.89996 must not become 0.9.
        metrics["line_rate"] = covered / valid
    branches = root.get("branches-valid")
    if "branch-rate" in root and (branches is None or _count(name, "<coverage branches-valid>", branches)):
        metrics["branch_rate"] = _ratio(name, "<coverage branch-rate>", root["branch-rate"])
    return metrics


def _ratio(name: str, where: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise ReportError(name, f"a ratio between 0 and 1 in {where}", repr(text[:40]), "check the tool that writes it")
    return value


# --- SARIF 2.1.0: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html ----------------------------------


def _read_sarif(data: bytes, name: str) -> dict[str, float]:
    try:
        log = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        found = f"broken JSON ({error})" if data.strip() else "an empty file"
        raise ReportError(name, "a SARIF 2.1.0 log", found, "run the scanner again and look at its log") from None
    version = log.get("version") if isinstance(log, dict) else None
    if version != "2.1.0":
        raise ReportError(
            name,
            "a SARIF log with version 2.1.0",
            f"version {version!r}" if isinstance(log, dict) else f"a JSON {type(log).__name__}",
            "let the scanner write SARIF 2.1.0",
        )
    runs = [run for run in _list(log.get("runs")) if isinstance(run, dict)]
    if not runs:
        raise ReportError(name, "at least one run", "none", "the scanner did not run; look at its log")
    levels = dict.fromkeys(_LEVELS, 0)
    for run in runs:
        _check_finished(run, name)
        for result in _list(run["results"]):
            if isinstance(result, dict) and _counts(result):
                level = _level(result, run)
                if level not in levels:
                    raise ReportError(
                        name, f"a level of {', '.join(_LEVELS)}", repr(level)[:40], "check the scanner's SARIF output"
                    )
                levels[level] += 1
    return {level: float(count) for level, count in levels.items()}


def _check_finished(run: Mapping[str, Any], name: str) -> None:
    """A scan that broke off or never began has no findings, which is no reason to be content."""
    invocations = [each for each in _list(run.get("invocations")) if isinstance(each, dict)]
    if any(each.get("executionSuccessful") is False for each in invocations):
        found = f"a run of {_tool(run)} that ended with an error (executionSuccessful: false)"
    elif not isinstance(run.get("results"), list):
        found = f"a run of {_tool(run)} without results, that is one that did not scan"
    else:
        return
    raise ReportError(name, "a finished scan", found, "run the scanner again and look at its log")


def _tool(run: Mapping[str, Any]) -> str:
    return str(_dict(_dict(run.get("tool")).get("driver")).get("name") or "an unnamed tool")[:80]


def _counts(result: Mapping[str, Any]) -> bool:
    """Whether a result is there (3.27.24, baselineState) and not suppressed (3.27.23)."""
    if result.get("baselineState") == "absent":
        return False
    suppressions = [each for each in _list(result.get("suppressions")) if isinstance(each, dict)]
    return not suppressions or any(each.get("status") in {"underReview", "rejected"} for each in suppressions)


def _level(result: Mapping[str, Any], run: Mapping[str, Any]) -> str:
    """Level of a result (3.27.10): its own, else the invocation's override, else the rule's default, else warning."""
    if result.get("kind", "fail") != "fail":
        return "none"
    if "level" in result:
        return str(result["level"])
    component, rule = _rule(result, run)
    if rule is None:
        return "warning"
    invocation = _at(run.get("invocations"), _dict(result.get("provenance")).get("invocationIndex"))
    for override in _list(_dict(invocation).get("ruleConfigurationOverrides")):
        descriptor = _dict(_dict(override).get("descriptor"))
        same = _find(component, descriptor.get("index"), descriptor.get("id")) is rule
        level = _dict(_dict(override).get("configuration")).get("level")
        if same and level is not None:
            return str(level)
    return str(_dict(rule.get("defaultConfiguration")).get("level", "warning"))


def _rule(result: Mapping[str, Any], run: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
    """The component that has the rule (3.54), and the rule of a result (3.27.5 to 3.27.7)."""
    reference = _dict(result.get("rule"))
    tool = _dict(run.get("tool"))
    where = _dict(reference.get("toolComponent"))
    component = _dict(_at(tool.get("extensions"), where.get("index"))) or _dict(tool.get("driver"))
    if "index" not in where and where.get("name"):
        named = [each for each in _list(tool.get("extensions")) if _dict(each).get("name") == where["name"]]
        component = _dict(named[0]) if named else component
    index = reference.get("index", result.get("ruleIndex"))
    return component, _find(component, index, reference.get("id", result.get("ruleId")))


def _find(component: Mapping[str, Any], index: object, identifier: object) -> Mapping[str, Any] | None:
    rules = _list(component.get("rules"))
    found = _at(rules, index)
    if isinstance(found, dict):
        return found
    # A hierarchical id CA1000/1 belongs to the rule CA1000 (3.5.4).
    wanted = str(identifier or "")
    while wanted:
        for rule in rules:
            if isinstance(rule, dict) and rule.get("id") == wanted:
                return rule
        wanted = wanted.rpartition("/")[0]
    return None


def _at(items: object, index: object) -> object:
    entries = _list(items)
    return entries[index] if isinstance(index, int) and 0 <= index < len(entries) else None


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


_READERS: Mapping[str, Callable[[bytes, str], dict[str, float]]] = {
    "junit": _read_junit,
    "cobertura": _read_cobertura,
    "sarif": _read_sarif,
}
