"""Conditions: the language that Argo Rollouts has, strict in its types, bounded, and closed to everything else."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_ops.domain.analysis_run import Phase
from release_ops.domain.conditions import ConditionError, assess, check, evaluate

APDEX = {"service_apdex": {"values": {"values": [{"value": "9950"}, {"value": 9901}]}}}


@pytest.mark.parametrize(
    ("condition", "result"),
    [
        # Those of Argo's own documentation and examples.
        ("result[0] >= 0.95", [0.97]),
        ("result == 'It worked!'", "It worked!"),
        ("result.ok && result.successPercent >= 0.90", {"ok": True, "successPercent": 0.95}),
        ("result.major == '1'", {"major": "1"}),
        ("default(result, 0) < 0.05", None),
        ("isNaN(result) || result >= 0.95", math.nan),
        ("isInf(result)", -math.inf),
        ("max(result) < 0.05", [0.01, 0.04]),
        ("len(result) == 0 || result[0] >= 0.95", []),
        ("len(result) > 0 and all(result, {# <= 0.01})", [0.01, 0.0]),
        ("all(result, # < 1000)", [999.0]),
        ("all(result.service_apdex.values.values, {asFloat(.value) >= 9900})", APDEX),
        # Logic binds as in expr-lang: not before comparisons, and before or.
        ("true || false && false", 0),
        ("not (result > 1)", 0.5),
        ("!(result > 1) and result >= 0", 0.5),
        ("result not in [1, 2]", 3),
        ("result in [1, 2]", 2.0),
        ("'a' in result", {"a": None}),
        # Whole numbers and fractions are the same numbers; division is never whole.
        ("5 / 2 == 2.5", 0),
        ("-7 % 3 == -1", 0),
        ("2 ** 3 ** 2 == 512 && -2 ^ 2 == -4", 0),
        ("1 + 2 * 3 == 7 and (1 + 2) * 3 == 9", 0),
        ("0x10 + 1_000 == 1016 && 1e3 == 1000 && .5 < 1", 0),
        ("1 / 0 > 1e300 and isNaN(0 / 0)", 0),
        # Comparisons in a row hold together.
        ("0 < result < 1", 0.5),
        ("not (0 < result <= 1)", 2),
        ("result > 1 ? false : result < 1 ? true : false", 0.5),
        # Elements, members, and what is not there.
        ("result[-1] == 3 && result[1:] == [2, 3] && result[:1] == [1]", [1, 2, 3]),
        ("result['a'].b == nil", {"a": {}}),
        ("result?.a?.b == nil", None),
        ("(result.a ?? 7) == 7", {}),
        # Functions over lists.
        ("any(result, # > 2) && none(result, # > 3) && one(result, # == 1)", [1, 2, 3]),
        ("filter(result, # > 1) == [2, 3] and map(result, # * 2) == [2, 4, 6]", [1, 2, 3]),
        ("count(result, # > 1) == 2 && sum(result) == 6 && mean(result) == 2 && median(result) == 2", [1, 2, 3]),
        ("all(result, {any(#, {# > 1})})", [[1, 2], [3]]),
        ("min(result) == 1 && max(1, result) == 3", [1, 2, 3]),
        ("first(result) == 1 && last(result) == 3 and len(1..5) == 5", [1, 2, 3]),
        ("abs(-1.5) == 1.5 && ceil(1.2) == 2 && floor(1.8) == 1 && round(1.5) == 2 && round(-1.5) == -2", 0),
        ("asInt('3') == 3 && int(3.9) == 3 && asFloat('1e2') == 100 && string(1) == '1'", 0),
        ("result startsWith 'a' && result endsWith \"c\" && result contains `b` && not (result contains 'x')", "abc"),
        ("'it\\'s' == result", "it's"),
        ("{a: 1, 'b': [2]} == result", {"a": 1, "b": [2]}),
        ("isNil(result) == false && result == true", True),
    ],
)  # fmt: skip
def test_what_holds(condition, result):
    assert evaluate(condition, result) is True


@pytest.mark.parametrize(
    ("condition", "result", "said"),
    [
        ("result", 1.0, "expected bool, but got float64"),
        ("1", True, "expected bool, but got int"),
        ("invalidVariable", True, "unknown name invalidVariable"),
        ("result < 0.5", [0.1], "invalid operation: < (mismatched types list and float64); write result[0]"),
        ("result == 'x'", 1.0, "invalid operation: == (mismatched types float64 and string)"),
        ("asFloat(result) == '1.1'", "1.1", "mismatched types float64 and string"),
        ("asFloat(result) > 1", "NotANum", 'strconv.ParseFloat: parsing "NotANum": invalid syntax'),
        ("asInt(result) == 1", "1.1", 'strconv.ParseInt: parsing "1.1": invalid syntax'),
        ("asInt(result) == 1", math.nan, "asInt() not supported"),
        ("result[0] > 1", [], "index out of range: 0 (length is 0)"),
        ("result[0] > 1", None, "cannot fetch 0 from nil"),
        ("result.rate > 1", [1.0], "cannot fetch rate from list"),
        ("result && true", 1, "and (int is neither true nor false)"),
        ("!result", 1, "not (int is neither true nor false)"),
        ("result > nil", 1, "mismatched types int and nil"),
        ("true > false", 1, "mismatched types bool and bool"),
        ("2 in result", "2", "in (looks into lists and maps, not string); use contains"),
        ("all(result, #)", [1], "all asks something true or false of each element, not int"),
        ("all(result, # > 1)", 1, "all takes a list, not int"),
        ("max(result) > 1", [], "max of nothing; ask len(result) > 0 first"),
        ("sum(result) > 1", ["1"], "sum (takes numbers, not string)"),
        ("isNaN(result)", [1.0], "isNaN (takes numbers, not list); write result[0]"),
        ("1 % 0 == 0", 1, "% by zero"),
        ("1.5 % 1 == 0", 1, "mismatched types float64 and int"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_told(condition, result, said):
    with pytest.raises(ConditionError) as error:
        evaluate(condition, result)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("", "is empty; write one like result[0] < 0.01"),
        ("result[0] = 1", "has a single = at column 11; write == to compare"),
        ("result[0] <", "ends too early; something is missing at its end"),
        ("all(result, # > 1", "ends too early; write ) at its end"),
        ("result == 'x", "the text that begins at column 11 has no end; close it with '"),
        ("result @ 1", "'@' at column 8 means nothing here; remove it"),
        ("result | len", "'|' at column 8 is not known here; write || for or"),
        ("result matches 'a+'", "regular expressions are not known here; use contains"),
        ("rezult > 1", "unknown name rezult"),
        ("avg(result) > 1", "unknown function avg at column 1; known are abs, all, any"),
        ("len(result, 1) > 1", "len at column 1 takes 1 arguments, not 2"),
        ("result.Name() == 'hi'", "Name() at column 8 is a method, and values have none here"),
        ("# > 1", "# at column 1 stands for an element; use it inside all(...) or alike"),
        ("result > 1 1", "'1' at column 12 is not expected there"),
        ("result[0]", ""),
        ("99999999999999999999 > result", "the number at column 1 is too large"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(condition, said):
    if condition == "result[0]":
        # Nobody knows before it is measured.
        check(condition)
        return
    with pytest.raises(ConditionError) as error:
        check(condition)
    assert said in str(error.value)


@pytest.mark.parametrize("condition", ["result + 1", "len(result)", "[1]", "'yes'", "1..3", "-result", "sum(result)"])
def test_what_is_never_true_or_false_is_refused_before_it_is_measured(condition):
    with pytest.raises(ConditionError, match="neither true nor false; compare it with something"):
        check(condition)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("(" * 60 + "true" + ")" * 60, "nested more than 40 levels deep"),
        ("!" * 60 + "true", "nested more than 40 levels deep"),
        (" + ".join("1" * 160) + " > 0", "more than 300 words and signs"),
        ("true || " + "x" * 1000, "longer than 1000 characters"),
        ("len(1..9999) > 1", "list of more than 1000 numbers"),
        ("all(1..900, {all(1..900, {# > 0})})", "more than 20000 steps"),
        ("len(string(result) + string(result)) > 1", "text of more than 10000 characters"),
    ],
    ids=["brackets", "signs", "chain", "length", "range", "loops", "text"],
)
def test_time_and_memory_are_bounded(condition, said):
    with pytest.raises(ConditionError, match=said):
        evaluate(condition, "x" * 6000)


@pytest.mark.parametrize(
    "condition",
    [
        "__import__('os').system('id') == 0",
        "result.__class__ == nil",
        "result['__class__'] == nil",
        "().__class__ == nil",
        "exec('1') == 1",
        "string.__globals__ == nil",
        "lambda: 1",
    ],
)
def test_nothing_of_python_is_within_reach(condition):
    with pytest.raises(ConditionError):
        evaluate(condition, [1.0])


def test_a_huge_power_is_infinite_and_costs_nothing():
    assert evaluate("9 ** 9 ** 9 > 1e300 && 9223372036854775807 * 2 > 1e18", 0)


@given(st.text(alphabet="result[0]#(){}<>=!&|?:.,+-*/%^'\"` \\naldin19", max_size=60))
@settings(max_examples=50)
def test_any_text_is_answered_or_refused_in_words(text):
    with contextlib.suppress(ConditionError):
        assert evaluate(text, [0.5, 2.0]) in {True, False}


@pytest.mark.parametrize(
    ("success", "failure", "phase"),
    [
        ("result[0] < 1", "", Phase.SUCCESSFUL),
        ("result[0] > 1", "", Phase.FAILED),
        ("", "result[0] < 1", Phase.FAILED),
        ("", "result[0] > 1", Phase.SUCCESSFUL),
        ("result[0] < 0.1", "result[0] > 0.9", Phase.INCONCLUSIVE),
        ("result[0] < 1", "result[0] < 1", Phase.FAILED),
        ("", "", Phase.SUCCESSFUL),
    ],
)
def test_success_and_failure_make_a_phase(success, failure, phase):
    assert assess([0.5], success=success, failure=failure) == (phase, "")


NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("result", "success", "failure", "phase"),
    [
        (NAN, "result >= 0.9", "result < 0.9", Phase.INCONCLUSIVE),
        (NAN, "result >= 0.9 || isNaN(result)", "", Phase.SUCCESSFUL),
        (NAN, "result >= 0.9", "", Phase.FAILED),
        (INF, "result >= 0.9", "", Phase.SUCCESSFUL),
        (INF, "", "isInf(result)", Phase.FAILED),
        ([10.0, 11.0], "10 in result", "len(result) != 2", Phase.SUCCESSFUL),
        ([10.0, 11.0], "all(result, # > 10)", "all(result, # < 10)", Phase.INCONCLUSIVE),
    ],
)
def test_what_prometheus_answers_is_judged_as_in_argo(result, success, failure, phase):
    """argo-rollouts metricproviders/prometheus/prometheus_test.go (Apache-2.0): TestProcessNaNResponse and others."""
    assert assess(result, success=success, failure=failure)[0] is phase


def test_an_error_says_which_condition_and_why():
    phase, message = assess([], success="result[0] >= 0.95")
    assert phase is Phase.ERROR
    nothing = "metric result is nil or empty: no data returned from the metric provider"
    assert message == f'could not evaluate successCondition "result[0] >= 0.95": {nothing}'
    _, message = assess([1.0], success="true", failure="other == true")
    assert message == 'could not evaluate failureCondition "other == true": unknown name other'
