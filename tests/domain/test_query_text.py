"""Placeholders of queries: escaped in the texts of PromQL, bound in SQL, refused where neither would be safe."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_ops.domain.query_text import PlaceholderError, promql, sql_parts, unknown_placeholders

FACTS = {"product": "webapp", "version": "2.8.0", "previous": "2.7.3", "environment": "production", "weight": "25"}


@pytest.mark.parametrize(
    ("query", "filled"),
    [
        ('up{version="{version}"}', 'up{version="2.8.0"}'),
        ("up{version='{version}', env=`{environment}`}", "up{version='2.8.0', env=`production`}"),
        ('up{version=~"{version}-.*"}', 'up{version=~"2\\\\.8\\\\.0-.*"}'),
        ('up{version!~ "{version}|{previous}"}', 'up{version!~ "2\\\\.8\\\\.0|2\\\\.7\\\\.3"}'),
        ("up * {weight} / 100", "up * 25 / 100"),
        ('up{a="{version}",b="{product}"} # {version}', 'up{a="2.8.0",b="webapp"} # {version}'),
        ('up{version="\\"{version}"}', 'up{version="\\"2.8.0"}'),
        ("sum(up) by (job)", "sum(up) by (job)"),
        ("up{}", "up{}"),
    ],
)
def test_promql_is_filled_in(query, filled):
    assert promql(query, FACTS) == filled


def test_a_value_cannot_leave_its_quotes():
    hostile = {**FACTS, "version": '2"} or vector(0) or up{a="'}
    assert promql('up{version="{version}"}', hostile) == 'up{version="2\\"} or vector(0) or up{a=\\""}'
    assert promql("up{version='{version}'}", {**FACTS, "version": "a'b\\\n"}) == "up{version='a\\'b\\\\\\x0a'}"
    assert promql('up{v=~"{version}"}', {**FACTS, "version": "1.*"}) == 'up{v=~"1\\\\.\\\\*"}'


@given(st.text(max_size=20).filter(bool), st.sampled_from("\"'"))
@settings(max_examples=50)
def test_whatever_a_value_is_it_stays_one_text(value, quote):
    filled = promql(f"up{{v={quote}{{version}}{quote}}}", {**FACTS, "version": value})
    inner = filled[len("up{v=") : -1]
    assert re.fullmatch(rf"{quote}(?:[^{quote}\\\n]|\\.)*{quote}", inner)


@pytest.mark.parametrize(
    ("query", "facts", "said"),
    [
        ("sum({version})", FACTS, '{version} stands outside of quotes, where only a number may; write "{version}"'),
        ("up * {weight}", {**FACTS, "weight": "1) or up"}, "{weight} stands outside of quotes"),
        ('up{v="{verison}"}', FACTS, "{verison} is no placeholder; known are product, version, previous"),
        ('up{v="{previous}"}', {**FACTS, "previous": ""}, "{previous} is not known of this deployment; leave it out"),
        ("up{v=`{version}`}", {**FACTS, "version": "a`b"}, "holds a backtick and stands in backticks"),
    ],
)
def test_what_cannot_be_filled_in_is_told(query, facts, said):
    with pytest.raises(PlaceholderError) as error:
        promql(query, facts)
    assert said in str(error.value)


def test_sql_gets_its_values_as_parameters():
    hostile = {**FACTS, "version": "'; DROP TABLE x; --"}
    statement = "SELECT count(*) FROM t -- {version}\nWHERE v = {version} AND w < {weight} AND note LIKE '100%'"
    parts, values = sql_parts(statement, hostile)
    assert values == ["'; DROP TABLE x; --", 25]
    assert parts == ["SELECT count(*) FROM t -- {version}\nWHERE v = ", " AND w < ", " AND note LIKE '100%'"]


def test_a_placeholder_in_quotes_of_sql_is_refused():
    with pytest.raises(PlaceholderError, match="stands in quotes, where nothing is bound; write it without them"):
        sql_parts("SELECT 1 WHERE v = '{version}'", FACTS)


def test_other_braces_are_the_querys_own():
    assert unknown_placeholders('up{version="{version}"} and {__name__="x"} or {what}') == ("what",)
