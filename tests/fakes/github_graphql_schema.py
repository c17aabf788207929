"""The part of GitHub's own GraphQL schema that our queries need; the contract tests compare them."""

from __future__ import annotations

from graphql import build_schema

SDL = """
scalar DateTime
scalar GitObjectID
scalar URI

interface Node { id: ID! }
type Query {
  node(id: ID!): Node
  nodes(ids: [ID!]!): [Node]!
  rateLimit: RateLimit
  repository(owner: String!, name: String!): Repository
}
type RateLimit { cost: Int! limit: Int! remaining: Int! resetAt: DateTime! }
type PageInfo { hasNextPage: Boolean! endCursor: String }
enum OrderDirection { ASC DESC }

type Repository implements Node {
  id: ID!
  nameWithOwner: String!
  object(oid: GitObjectID): GitObject
  pullRequests(first: Int, after: String, orderBy: IssueOrder): PullRequestConnection!
  issues(first: Int, after: String, orderBy: IssueOrder, filterBy: IssueFilters): IssueConnection!
  releases(first: Int, after: String, orderBy: ReleaseOrder): ReleaseConnection!
  deployments(
    first: Int, after: String, orderBy: DeploymentOrder = {field: CREATED_AT, direction: ASC}
  ): DeploymentConnection!
}
enum IssueOrderField { CREATED_AT UPDATED_AT }
input IssueOrder { direction: OrderDirection! field: IssueOrderField! }

interface GitObject { oid: GitObjectID! }
type Commit implements Node & GitObject {
  id: ID!
  oid: GitObjectID!
  authoredDate: DateTime!
  committedDate: DateTime!
  associatedPullRequests(first: Int, orderBy: PullRequestOrder): PullRequestConnection
  statusCheckRollup: StatusCheckRollup
}
enum PullRequestOrderField { CREATED_AT UPDATED_AT }
input PullRequestOrder { direction: OrderDirection! field: PullRequestOrderField! }

type PullRequestConnection { nodes: [PullRequest] pageInfo: PageInfo! }
enum PullRequestState { CLOSED MERGED OPEN }
type PullRequest implements Node {
  id: ID!
  number: Int!
  title: String!
  url: URI!
  body: String!
  state: PullRequestState!
  isDraft: Boolean!
  createdAt: DateTime!
  updatedAt: DateTime!
  closedAt: DateTime
  lastEditedAt: DateTime
  merged: Boolean!
  mergedAt: DateTime
  baseRefName: String!
  headRefName: String!
  headRefOid: GitObjectID!
  additions: Int!
  deletions: Int!
  changedFiles: Int!
  author: Actor
  mergedBy: Actor
  milestone: Milestone
  mergeCommit: Commit
  labels(first: Int): LabelConnection
  commits(first: Int, after: String, last: Int): PullRequestCommitConnection!
  reviews(first: Int, after: String): PullRequestReviewConnection
  comments(first: Int, after: String): IssueCommentConnection!
  timelineItems(last: Int, itemTypes: [PullRequestTimelineItemsItemType!]): PullRequestTimelineItemsConnection!
}
type PullRequestCommitConnection { nodes: [PullRequestCommit] pageInfo: PageInfo! totalCount: Int! }
type PullRequestCommit implements Node { id: ID! commit: Commit! }
type PullRequestReviewConnection { nodes: [PullRequestReview] pageInfo: PageInfo! }
enum PullRequestReviewState { APPROVED CHANGES_REQUESTED COMMENTED DISMISSED PENDING }
type PullRequestReview implements Node {
  id: ID!
  state: PullRequestReviewState!
  submittedAt: DateTime
  author: Actor
}
type IssueCommentConnection { nodes: [IssueComment] pageInfo: PageInfo! }
type IssueComment implements Node { id: ID! createdAt: DateTime! author: Actor }
enum PullRequestTimelineItemsItemType { READY_FOR_REVIEW_EVENT }
type PullRequestTimelineItemsConnection { nodes: [PullRequestTimelineItems] }
union PullRequestTimelineItems = ReadyForReviewEvent
type ReadyForReviewEvent implements Node { id: ID! createdAt: DateTime! }

type StatusCheckRollup implements Node {
  id: ID!
  contexts(first: Int, after: String): StatusCheckRollupContextConnection!
}
type StatusCheckRollupContextConnection { nodes: [StatusCheckRollupContext] pageInfo: PageInfo! }
union StatusCheckRollupContext = CheckRun | StatusContext
enum CheckStatusState { COMPLETED IN_PROGRESS PENDING QUEUED REQUESTED WAITING }
enum CheckConclusionState {
  ACTION_REQUIRED CANCELLED FAILURE NEUTRAL SKIPPED STALE STARTUP_FAILURE SUCCESS TIMED_OUT
}
type CheckRun implements Node {
  id: ID!
  name: String!
  status: CheckStatusState!
  conclusion: CheckConclusionState
  startedAt: DateTime
  completedAt: DateTime
  permalink: URI!
}
enum StatusState { ERROR EXPECTED FAILURE PENDING SUCCESS }
type StatusContext implements Node {
  id: ID!
  context: String!
  state: StatusState!
  createdAt: DateTime!
  targetUrl: URI
}

type IssueConnection { nodes: [Issue] pageInfo: PageInfo! }
input IssueFilters { since: DateTime }
enum IssueState { CLOSED OPEN }
type Issue implements Node {
  id: ID!
  number: Int!
  title: String!
  url: URI!
  state: IssueState!
  createdAt: DateTime!
  updatedAt: DateTime!
  closedAt: DateTime
  author: Actor
  milestone: Milestone
  labels(first: Int): LabelConnection
  repository: Repository!
}

type ReleaseConnection { nodes: [Release] pageInfo: PageInfo! }
enum ReleaseOrderField { CREATED_AT NAME }
input ReleaseOrder { direction: OrderDirection! field: ReleaseOrderField! }
type Release implements Node {
  id: ID!
  tagName: String!
  name: String
  url: URI!
  isDraft: Boolean!
  isPrerelease: Boolean!
  createdAt: DateTime!
  publishedAt: DateTime
  tagCommit: Commit
}

type DeploymentConnection { nodes: [Deployment] pageInfo: PageInfo! }
enum DeploymentOrderField { CREATED_AT }
input DeploymentOrder { direction: OrderDirection! field: DeploymentOrderField! }
enum DeploymentState {
  ABANDONED ACTIVE DESTROYED ERROR FAILURE INACTIVE IN_PROGRESS PENDING QUEUED SUCCESS WAITING
}
enum DeploymentStatusState { ERROR FAILURE INACTIVE IN_PROGRESS PENDING QUEUED SUCCESS WAITING }
type Deployment implements Node {
  id: ID!
  createdAt: DateTime!
  updatedAt: DateTime!
  commitOid: String!
  environment: String
  latestEnvironment: String
  task: String
  state: DeploymentState
  ref: Ref
  statuses(first: Int, after: String): DeploymentStatusConnection
}
type Ref implements Node { id: ID! name: String! }
type DeploymentStatusConnection { nodes: [DeploymentStatus] pageInfo: PageInfo! }
type DeploymentStatus implements Node {
  id: ID!
  state: DeploymentStatusState!
  description: String
  createdAt: DateTime!
  logUrl: URI
}

interface Actor { login: String! }
type Bot implements Actor { login: String! }
type Mannequin implements Actor { login: String! }
type User implements Actor { login: String! }
type Milestone { title: String! }
type LabelConnection { nodes: [Label] }
type Label { name: String! }
"""
SCHEMA = build_schema(SDL)
