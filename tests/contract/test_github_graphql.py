"""Our GraphQL queries, and the fake's schema, against GitHub's own."""

from __future__ import annotations

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    parse,
    validate,
)

from release_ops.adapters import (
    github_delivery_deployments,
    github_delivery_issues,
    github_delivery_pulls,
    github_delivery_releases,
    github_nested,
)
from release_ops.adapters.github_pulls import BATCH, document
from tests.fakes.github_graphql_schema import SCHEMA

pytestmark = pytest.mark.contract

NESTED = (
    github_delivery_pulls.COMMITS,
    github_delivery_pulls.REVIEWS,
    github_delivery_pulls.COMMENTS,
    github_delivery_pulls.CHECKS,
    github_delivery_deployments.STATUSES,
)
DELIVERY = {
    "pull requests": github_delivery_pulls.DOCUMENT,
    "issues": github_delivery_issues.DOCUMENT,
    "releases": github_delivery_releases.DOCUMENT,
    "deployments": github_delivery_deployments.DOCUMENT,
    "lists inside": github_nested.document(NESTED),
}
OURS = [kind for name, kind in SCHEMA.type_map.items() if not name.startswith("__")]


@pytest.mark.parametrize("count", [1, BATCH])
def test_github_understands_our_query(github_schema: GraphQLSchema, count: int) -> None:
    assert validate(github_schema, parse(document(["6dcb09b5b57875f334f61aebed695e2e4193db5e"] * count))) == []


@pytest.mark.parametrize("text", DELIVERY.values(), ids=DELIVERY)
def test_github_understands_the_queries_of_the_facts_of_delivery(github_schema: GraphQLSchema, text: str) -> None:
    assert validate(github_schema, parse(text)) == []


def test_a_wrong_query_is_noticed(github_schema: GraphQLSchema) -> None:
    wrong = document(["6dcb09b5b57875f334f61aebed695e2e4193db5e"]).replace("mergedAt", "mergedOn")
    (problem,) = validate(github_schema, parse(wrong))
    assert "mergedOn" in problem.message


@pytest.mark.parametrize("ours", OURS, ids=lambda kind: kind.name)
def test_the_fake_s_schema_is_a_part_of_it(github_schema: GraphQLSchema, ours: GraphQLNamedType) -> None:
    theirs = github_schema.type_map[ours.name]
    assert type(ours) is type(theirs)
    if isinstance(ours, GraphQLEnumType) and isinstance(theirs, GraphQLEnumType):
        assert set(ours.values) <= set(theirs.values)
    if isinstance(ours, GraphQLInputObjectType) and isinstance(theirs, GraphQLInputObjectType):
        assert {name: str(one.type) for name, one in ours.fields.items()} == {
            name: str(one.type)
            for name, one in theirs.fields.items()
            if name in ours.fields or str(one.type).endswith("!")
        }
    if isinstance(ours, GraphQLObjectType | GraphQLInterfaceType):
        assert isinstance(theirs, GraphQLObjectType | GraphQLInterfaceType)
        assert {one.name for one in ours.interfaces} <= {one.name for one in theirs.interfaces}
        for name, field in ours.fields.items():
            assert str(field.type) == str(theirs.fields[name].type), name
            arguments = {key: str(one.type) for key, one in theirs.fields[name].args.items()}
            assert {key: str(one.type) for key, one in field.args.items()}.items() <= arguments.items(), name
