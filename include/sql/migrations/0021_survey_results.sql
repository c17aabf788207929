-- Surveys: reports of closed rounds, which hold only what may be told, and answers from other tools (docs/survey-results.md).

CREATE TABLE release_ops.survey_report (
    round text PRIMARY KEY REFERENCES release_ops.survey_round ON DELETE CASCADE,
    product text NOT NULL,
    survey text NOT NULL,
    closed_on date NOT NULL,
    made_at timestamptz NOT NULL,
    revision integer NOT NULL CHECK (revision >= 1),
    facts jsonb NOT NULL,
    told jsonb NOT NULL
);
CREATE INDEX survey_report_series ON release_ops.survey_report (product, survey, closed_on);
COMMENT ON TABLE release_ops.survey_report IS 'One row per closed round: its report as it was told last. facts holds no figure from which a small group could be worked out. told: every set of cells (round, audience) whose figure was told in any revision, so that later reports together with it give nothing away.';

CREATE TABLE release_ops.survey_imported (
    round text NOT NULL REFERENCES release_ops.survey_round ON DELETE CASCADE,
    mark bytea NOT NULL CHECK (octet_length(mark) = 32),
    PRIMARY KEY (round, mark)
);
COMMENT ON TABLE release_ops.survey_imported IS 'One row per answer that was brought from another tool: a hash of its id there, or of the row where it has none, so that the same file twice brings nothing twice. It leads to no answer.';

CREATE TABLE release_ops.survey_late (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    round text NOT NULL REFERENCES release_ops.survey_round ON DELETE CASCADE,
    audience text NOT NULL,
    score smallint NOT NULL,
    comment text NOT NULL DEFAULT ''
);
CREATE INDEX survey_late_round ON release_ops.survey_late (round);
COMMENT ON TABLE release_ops.survey_late IS 'One row per answer that came after its round had been reported. It is in no score; where the policy says restate, those of a group move to release_ops.survey_answer as soon as there are enough of them to hide in.';

CREATE VIEW release_metrics.survey_result AS
SELECT s.product, s.survey, s.round, s.facts ->> 'occasion' AS occasion, nullif(s.facts ->> 'version', '') AS version, s.facts ->> 'kind' AS kind,
    s.facts ->> 'title' AS title, s.closed_on, s.revision, r.audience, r.state, r.invited, r.answers, r.response_rate, r.value AS score,
    r.low AS score_low, r.high AS score_high, (s.facts ->> 'level')::double precision AS level, r.top, r.middle, r.bottom, r.mean, r.mean_low,
    r.mean_high, (r.change ->> 'value')::double precision AS change, (r.change ->> 'low')::double precision AS change_low,
    (r.change ->> 'high')::double precision AS change_high, (r.change ->> 'p_corrected')::double precision AS change_p,
    r.change ->> 'verdict' AS verdict, r.engagement, r.status, s.made_at
FROM release_ops.survey_report s
CROSS JOIN LATERAL jsonb_to_recordset(s.facts -> 'results') AS r (audience text, state text, invited integer, answers integer, response_rate double precision, value double precision, low double precision, high double precision, top integer, middle integer, bottom integer, mean double precision, mean_low double precision, mean_high double precision, change jsonb, engagement double precision, status text);
COMMENT ON VIEW release_metrics.survey_result IS 'Grain: one row per closed round and group, and one for everybody together. Key: product, survey, round, audience. Fresh: when a round has closed; a restatement by late answers replaces its rows. Scores with intervals, response and change since the round before. Only what does not give a small group away: use no other table for answers.';
COMMENT ON COLUMN release_metrics.survey_result.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.survey_result.survey IS 'Id of the survey in the product file.';
COMMENT ON COLUMN release_metrics.survey_result.round IS 'Id of the round, product:survey:occasion.';
COMMENT ON COLUMN release_metrics.survey_result.occasion IS 'When it was held: a month 2026-11, a quarter 2026-Q4, or the version of a release.';
COMMENT ON COLUMN release_metrics.survey_result.version IS 'Release that it is about; null where it is about none.';
COMMENT ON COLUMN release_metrics.survey_result.kind IS 'nps, csat or ces.';
COMMENT ON COLUMN release_metrics.survey_result.title IS 'Name of the survey that people read.';
COMMENT ON COLUMN release_metrics.survey_result.closed_on IS 'Day in UTC on which the round closed.';
COMMENT ON COLUMN release_metrics.survey_result.revision IS '1 for the first report of the round; one more for each restatement by late answers.';
COMMENT ON COLUMN release_metrics.survey_result.audience IS 'Group that answered; * for all groups that are too small to be told apart; null for everybody together.';
COMMENT ON COLUMN release_metrics.survey_result.state IS 'told; hidden, because a group of fewer people than the minimum could be worked out from it; empty: nobody answered; absent: was not asked.';
COMMENT ON COLUMN release_metrics.survey_result.invited IS 'People who were asked; null where it is hidden or unknown.';
COMMENT ON COLUMN release_metrics.survey_result.answers IS 'Answers; null where hidden, 0 never.';
COMMENT ON COLUMN release_metrics.survey_result.response_rate IS 'answers / invited, ratio 0..1; null where either is not known.';
COMMENT ON COLUMN release_metrics.survey_result.score IS 'NPS (share of 9 and 10 minus share of 0 to 6, -1..1) or share of the scores at the top of the scale (0..1); null where hidden or empty.';
COMMENT ON COLUMN release_metrics.survey_result.score_low IS 'Lower bound of its interval, adjusted-Wald for NPS and Wilson for shares, at level; null where score is.';
COMMENT ON COLUMN release_metrics.survey_result.score_high IS 'Upper bound, likewise.';
COMMENT ON COLUMN release_metrics.survey_result.level IS 'Confidence of all intervals, ratio 0..1.';
COMMENT ON COLUMN release_metrics.survey_result.top IS 'Answers at the top of the scale (promoters); null where hidden or empty.';
COMMENT ON COLUMN release_metrics.survey_result.middle IS 'Answers between the ends (passives); null where hidden or empty.';
COMMENT ON COLUMN release_metrics.survey_result.bottom IS 'Answers at the bottom of the scale (detractors), which voice a concern; null where hidden or empty.';
COMMENT ON COLUMN release_metrics.survey_result.mean IS 'Mean of the scores in points of the scale; null where hidden or with fewer than two answers.';
COMMENT ON COLUMN release_metrics.survey_result.mean_low IS 'Lower bound of its interval by Student''s t; null where mean is.';
COMMENT ON COLUMN release_metrics.survey_result.mean_high IS 'Upper bound, likewise.';
COMMENT ON COLUMN release_metrics.survey_result.change IS 'score minus that of the told round before; null where there is none.';
COMMENT ON COLUMN release_metrics.survey_result.change_low IS 'Lower bound of the change''s interval; null where change is.';
COMMENT ON COLUMN release_metrics.survey_result.change_high IS 'Upper bound, likewise.';
COMMENT ON COLUMN release_metrics.survey_result.change_p IS 'Probability of such a change by chance, two-sided, corrected by Holm for all changes of its sort in the report; null where change is.';
COMMENT ON COLUMN release_metrics.survey_result.verdict IS 'rose, fell, or no_change that could be told from chance; null where change is.';
COMMENT ON COLUMN release_metrics.survey_result.engagement IS 'How engaged the group is, ratio 0..1 (docs/survey-results.md); null for everybody together and where hidden.';
COMMENT ON COLUMN release_metrics.survey_result.status IS 'How the group stands: green, yellow, red or unknown; of everybody together the worst of the told groups; null where hidden or empty.';
COMMENT ON COLUMN release_metrics.survey_result.made_at IS 'When this report was made, UTC.';

CREATE VIEW release_metrics.survey_action AS
SELECT s.product, s.survey, s.round, s.closed_on, g.audience, a."rule", a."when" AS trigger_kind, a.value, a."limit" AS limit_value, a.action, a.owner,
    nullif(a.within, '') AS within, s.made_at
FROM release_ops.survey_report s
CROSS JOIN LATERAL jsonb_to_recordset(s.facts -> 'groups') AS g (audience text, actions jsonb)
CROSS JOIN LATERAL jsonb_to_recordset(g.actions) AS a ("rule" text, "when" text, value double precision, "limit" double precision, action text, owner text, within text);
COMMENT ON VIEW release_metrics.survey_action IS 'Grain: one row per closed round, group and rule that asked for something. Key: product, survey, round, audience, rule. Fresh: with release_metrics.survey_result. What is to be done for whom, and the number that asks for it.';
COMMENT ON COLUMN release_metrics.survey_action.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.survey_action.survey IS 'Id of the survey in the product file.';
COMMENT ON COLUMN release_metrics.survey_action.round IS 'Id of the round, product:survey:occasion.';
COMMENT ON COLUMN release_metrics.survey_action.closed_on IS 'Day in UTC on which the round closed.';
COMMENT ON COLUMN release_metrics.survey_action.audience IS 'Group for which it is to be done.';
COMMENT ON COLUMN release_metrics.survey_action.rule IS 'Id of the rule in the section survey_results of the product file.';
COMMENT ON COLUMN release_metrics.survey_action.trigger_kind IS 'What asks for it: fell, rose, score, concerns, response_rate, response_fell or engagement.';
COMMENT ON COLUMN release_metrics.survey_action.value IS 'Value of what asks for it, ratio; of fell, rose and response_fell the change.';
COMMENT ON COLUMN release_metrics.survey_action.limit_value IS 'Limit that it crossed, ratio; null for fell, rose and response_fell, which ask by significance.';
COMMENT ON COLUMN release_metrics.survey_action.action IS 'What is to be done.';
COMMENT ON COLUMN release_metrics.survey_action.owner IS 'Role that has to do it.';
COMMENT ON COLUMN release_metrics.survey_action.within IS 'Time in which it has to be done, in words; null: none is set.';
COMMENT ON COLUMN release_metrics.survey_action.made_at IS 'When the report was made, UTC.';
