-- What capacity reviews find: time and work by team and week, what lacks, what to do, plans, and what became of them.

CREATE TABLE release_ops.capacity_review (
    team_file text NOT NULL,
    reviewed_on date NOT NULL,
    reviewed_at timestamptz NOT NULL,
    run_id text NOT NULL,
    facts jsonb NOT NULL,
    PRIMARY KEY (team_file, reviewed_on)
);
COMMENT ON TABLE release_ops.capacity_review IS 'One row per team file and day of a review. facts is the whole review (docs/capacity.md), with the weeks of single people, which release_metrics does not show.';

CREATE TABLE release_ops.worked_hours (
    team_file text NOT NULL,
    week date NOT NULL CHECK (extract(isodow FROM week) = 1),
    person text NOT NULL,
    project text NOT NULL,
    skill text NOT NULL DEFAULT '',
    hours numeric NOT NULL CHECK (hours BETWEEN 0 AND 168),
    PRIMARY KEY (team_file, week, person, project, skill)
);
COMMENT ON TABLE release_ops.worked_hours IS 'One row per week, person, project and skill (empty: nobody says) as the feed of the team file told it last. Weeks before those of the feed stay.';

CREATE TABLE release_ops.hours_prediction (
    team_file text NOT NULL,
    dimension text NOT NULL CHECK (dimension IN ('team', 'project')),
    name text NOT NULL,
    made_on date NOT NULL,
    week date NOT NULL CHECK (extract(isodow FROM week) = 1 AND week > made_on),
    hours double precision NOT NULL CHECK (hours >= 0),
    low double precision CHECK (low >= 0),
    high double precision CHECK (high >= low),
    PRIMARY KEY (team_file, dimension, name, made_on, week)
);
COMMENT ON TABLE release_ops.hours_prediction IS 'One row per team or project, review and coming week: the hours that were expected. Written before the week, never changed after it began.';

CREATE TABLE release_ops.allocation_plan (
    team_file text NOT NULL,
    reviewed_on date NOT NULL,
    plan text NOT NULL,
    status text NOT NULL CHECK (status IN ('proposed', 'applied', 'rejected', 'unanswered', 'stale', 'failed')),
    proposed_at timestamptz NOT NULL,
    run_id text NOT NULL,
    proposal jsonb NOT NULL,
    decided_at timestamptz,
    decided_by text,
    reason text NOT NULL DEFAULT '',
    PRIMARY KEY (team_file, reviewed_on)
);
COMMENT ON TABLE release_ops.allocation_plan IS 'One row per review that proposed to change who works on what, with what became of it. proposal is the plan with its people and money.';

CREATE VIEW release_metrics.team_capacity_week AS
SELECT c.team_file,
    c.reviewed_on,
    c.reviewed_on = max(c.reviewed_on) OVER (PARTITION BY c.team_file) AS latest,
    r.team,
    r.week,
    r.people,
    r.capacity,
    r.booked,
    r.planned,
    r.utilisation,
    (c.facts ->> 'target')::double precision AS target,
    r.over AS people_over,
    r.above AS people_above,
    r.under AS people_under,
    r.proposed,
    r.proposed_utilisation
FROM release_ops.capacity_review c
CROSS JOIN LATERAL jsonb_to_recordset(c.facts -> 'teams') AS r (team text, week date, people integer, capacity double precision, booked double precision, planned double precision, utilisation double precision, "over" integer, above integer, under integer, proposed double precision, proposed_utilisation double precision);
COMMENT ON VIEW release_metrics.team_capacity_week IS 'Grain: one row per team file, review, team and week. Key: team_file, reviewed_on, team, week. Fresh: with every run of capacity_review. What time a team has and what is promised of it.';
COMMENT ON COLUMN release_metrics.team_capacity_week.team_file IS 'Name of the team file without .yaml.';
COMMENT ON COLUMN release_metrics.team_capacity_week.reviewed_on IS 'Day of the review, UTC.';
COMMENT ON COLUMN release_metrics.team_capacity_week.latest IS 'True in the last review of its team file; the others are what was known before.';
COMMENT ON COLUMN release_metrics.team_capacity_week.team IS 'Team.';
COMMENT ON COLUMN release_metrics.team_capacity_week.week IS 'Monday of the week.';
COMMENT ON COLUMN release_metrics.team_capacity_week.people IS 'People who are there in the week.';
COMMENT ON COLUMN release_metrics.team_capacity_week.capacity IS 'Hours that its people are there: without weekends, public holidays and time off.';
COMMENT ON COLUMN release_metrics.team_capacity_week.booked IS 'Hours of these that are promised by hand.';
COMMENT ON COLUMN release_metrics.team_capacity_week.planned IS 'Hours that the plan that stood at the review takes.';
COMMENT ON COLUMN release_metrics.team_capacity_week.utilisation IS '(booked + planned) / capacity, a ratio, above 1 if too much is promised; null where nobody is there.';
COMMENT ON COLUMN release_metrics.team_capacity_week.target IS 'Utilisation that is aimed at, ratio 0..1.';
COMMENT ON COLUMN release_metrics.team_capacity_week.people_over IS 'People of whom more than all their time is promised.';
COMMENT ON COLUMN release_metrics.team_capacity_week.people_above IS 'People above the target, those included.';
COMMENT ON COLUMN release_metrics.team_capacity_week.people_under IS 'People with room, below the policy''s share.';
COMMENT ON COLUMN release_metrics.team_capacity_week.proposed IS 'Hours of the plan that the review proposed; null if it proposed none.';
COMMENT ON COLUMN release_metrics.team_capacity_week.proposed_utilisation IS '(booked + proposed) / capacity; null if none was proposed, or nobody is there.';

CREATE VIEW release_metrics.skill_gap_week AS
SELECT c.team_file,
    c.reviewed_on,
    c.reviewed_on = max(c.reviewed_on) OVER (PARTITION BY c.team_file) AS latest,
    r.skill,
    r.level,
    r.certified,
    r.week,
    r.demand,
    r.lacking,
    r.short
FROM release_ops.capacity_review c
CROSS JOIN LATERAL jsonb_to_recordset(c.facts -> 'gaps') AS r (skill text, level text, certified boolean, week date, demand double precision, lacking double precision, short double precision);
COMMENT ON VIEW release_metrics.skill_gap_week IS 'Grain: one row per team file, review, skill, level, certificate and week in which projects ask for it. Key: team_file, reviewed_on, skill, level, certified, week. Fresh: with every run of capacity_review. What is wanted and what nobody can do: hours of people flow to needs at their level or below, each hour once.';
COMMENT ON COLUMN release_metrics.skill_gap_week.team_file IS 'Name of the team file without .yaml.';
COMMENT ON COLUMN release_metrics.skill_gap_week.reviewed_on IS 'Day of the review, UTC.';
COMMENT ON COLUMN release_metrics.skill_gap_week.latest IS 'True in the last review of its team file; the others are what was known before.';
COMMENT ON COLUMN release_metrics.skill_gap_week.skill IS 'Skill.';
COMMENT ON COLUMN release_metrics.skill_gap_week.level IS 'Lowest level that will do: novice, intermediate, advanced, expert or specialist.';
COMMENT ON COLUMN release_metrics.skill_gap_week.certified IS 'Whether a certificate is asked for.';
COMMENT ON COLUMN release_metrics.skill_gap_week.week IS 'Monday of the week.';
COMMENT ON COLUMN release_metrics.skill_gap_week.demand IS 'Hours that projects want.';
COMMENT ON COLUMN release_metrics.skill_gap_week.lacking IS 'Hours of these beyond all the time of all who can.';
COMMENT ON COLUMN release_metrics.skill_gap_week.short IS 'Hours beyond the time that the target leaves them.';

CREATE VIEW release_metrics.capacity_recommendation AS
SELECT c.team_file,
    c.reviewed_on,
    c.reviewed_on = max(c.reviewed_on) OVER (PARTITION BY c.team_file) AS latest,
    r.skill,
    r.level,
    r.certified,
    o.place,
    o.option ->> 'kind' AS kind,
    o.option ->> 'team' AS team,
    (o.option ->> 'cost')::numeric AS cost,
    (o.option ->> 'rest')::numeric AS rest,
    (o.option ->> 'total')::numeric AS total,
    c.facts ->> 'currency' AS currency,
    (o.option ->> 'covers')::double precision AS covers,
    r.short,
    r.lacking,
    r.first AS first_week,
    r.last AS last_week,
    r.projects,
    (o.option ->> 'ready')::date AS ready_on,
    (o.option ->> 'weeks')::integer AS weeks,
    nullif((o.option ->> 'hours')::double precision, 0) AS training_hours,
    o.option -> 'assumptions' AS assumptions
FROM release_ops.capacity_review c
CROSS JOIN LATERAL jsonb_to_recordset(c.facts -> 'advice') AS r (skill text, level text, certified boolean, short double precision, lacking double precision, first date, last date, projects jsonb, options jsonb)
CROSS JOIN LATERAL jsonb_array_elements(r.options) WITH ORDINALITY AS o (option, place);
COMMENT ON VIEW release_metrics.capacity_recommendation IS 'Grain: one row per team file, review, gap and way to close it. Key: team_file, reviewed_on, skill, level, certified, place. Fresh: with every run of capacity_review. What to do about hours that lack, the cheapest first. Costs are made of the policy''s prices and salaries, never of one person''s pay.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.team_file IS 'Name of the team file without .yaml.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.reviewed_on IS 'Day of the review, UTC.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.latest IS 'True in the last review of its team file; the others are what was known before.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.skill IS 'Skill.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.level IS 'Lowest level that will do: novice, intermediate, advanced, expert or specialist.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.certified IS 'Whether a certificate is asked for.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.place IS 'Place among the ways to close the gap, from 1: the cheapest first.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.kind IS 'train, hire, contract or postpone.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.team IS 'Of a training the team of who is trained; null for the other ways.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.cost IS 'What the way itself costs, in currency.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.rest IS 'What outside hours for those that it leaves open cost, in currency.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.total IS 'cost + rest, in currency.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.currency IS 'ISO 4217 code of the amounts.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.covers IS 'Hours of the gap that it closes.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.short IS 'Hours of the gap: beyond what the target leaves, over all weeks.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.lacking IS 'Those of them that are beyond all time.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.first_week IS 'Monday of the first week of the gap.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.last_week IS 'Monday of the last week of the gap.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.projects IS 'Ids of the projects that wait for it, the most hours first, as a JSON array.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.ready_on IS 'Monday of the first week in which it helps; null of postponing.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.weeks IS 'Weeks until it helps; of postponing, by how many the end moves.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.training_hours IS 'Hours of training; null for the other ways.';
COMMENT ON COLUMN release_metrics.capacity_recommendation.assumptions IS 'What the amounts rest on, as a JSON array of texts.';

CREATE VIEW release_metrics.bus_factor AS
SELECT c.team_file, c.reviewed_on, c.reviewed_on = max(c.reviewed_on) OVER (PARTITION BY c.team_file) AS latest, r.dimension, r.name, r.skill, r.level, r.factor, r.at_risk
FROM release_ops.capacity_review c
CROSS JOIN LATERAL (
    SELECT 'skill' AS dimension, s.skill AS name, s.skill, s.level, s.factor, s.at_risk
    FROM jsonb_to_recordset(c.facts -> 'bus') AS s (skill text, level text, factor integer, at_risk boolean)
    UNION ALL
    SELECT 'project', p.project, p.skill, p.level, p.factor, p.at_risk
    FROM jsonb_to_recordset(c.facts -> 'project_bus') AS p (project text, skill text, level text, factor integer, at_risk boolean)
) r;
COMMENT ON VIEW release_metrics.bus_factor IS 'Grain: one row per team file, review and skill or project. Key: team_file, reviewed_on, dimension, name. Fresh: with every run of capacity_review. How many people would have to be gone before nobody could do it.';
COMMENT ON COLUMN release_metrics.bus_factor.team_file IS 'Name of the team file without .yaml.';
COMMENT ON COLUMN release_metrics.bus_factor.reviewed_on IS 'Day of the review, UTC.';
COMMENT ON COLUMN release_metrics.bus_factor.latest IS 'True in the last review of its team file; the others are what was known before.';
COMMENT ON COLUMN release_metrics.bus_factor.dimension IS 'skill or project.';
COMMENT ON COLUMN release_metrics.bus_factor.name IS 'Skill, or id of the project.';
COMMENT ON COLUMN release_metrics.bus_factor.skill IS 'The skill; of a project that of the need that the fewest can do.';
COMMENT ON COLUMN release_metrics.bus_factor.level IS 'Level that is asked for; of a skill that no project asks for, the lowest that anybody has.';
COMMENT ON COLUMN release_metrics.bus_factor.factor IS 'People who can do it.';
COMMENT ON COLUMN release_metrics.bus_factor.at_risk IS 'Whether it is needed and fewer can do it than the policy wants.';

CREATE VIEW release_metrics.stale_skill AS
SELECT c.team_file,
    c.reviewed_on,
    c.reviewed_on = max(c.reviewed_on) OVER (PARTITION BY c.team_file) AS latest,
    r.skill,
    r.people,
    r.stale,
    r.unknown
FROM release_ops.capacity_review c
CROSS JOIN LATERAL jsonb_to_recordset(c.facts -> 'stale') AS r (skill text, people integer, stale integer, unknown integer);
COMMENT ON VIEW release_metrics.stale_skill IS 'Grain: one row per team file, review and skill that somebody has not used for long. Key: team_file, reviewed_on, skill. Fresh: with every run of capacity_review. Skills that are on paper.';
COMMENT ON COLUMN release_metrics.stale_skill.team_file IS 'Name of the team file without .yaml.';
COMMENT ON COLUMN release_metrics.stale_skill.reviewed_on IS 'Day of the review, UTC.';
COMMENT ON COLUMN release_metrics.stale_skill.latest IS 'True in the last review of its team file; the others are what was known before.';
COMMENT ON COLUMN release_metrics.stale_skill.skill IS 'Skill.';
COMMENT ON COLUMN release_metrics.stale_skill.people IS 'People who have it.';
COMMENT ON COLUMN release_metrics.stale_skill.stale IS 'Those who used it last longer ago than the policy allows.';
COMMENT ON COLUMN release_metrics.stale_skill.unknown IS 'Those of whom nobody knows.';

CREATE VIEW release_metrics.team_satisfaction AS
SELECT c.team_file,
    c.reviewed_on,
    c.reviewed_on = max(c.reviewed_on) OVER (PARTITION BY c.team_file) AS latest,
    s.key AS team,
    (s.value #>> '{}')::double precision AS score
FROM release_ops.capacity_review c
CROSS JOIN LATERAL jsonb_each(c.facts -> 'satisfaction') AS s;
COMMENT ON VIEW release_metrics.team_satisfaction IS 'Grain: one row per team file, review and team. Key: team_file, reviewed_on, team. Fresh: with every run of capacity_review. How content the people of a team are.';
COMMENT ON COLUMN release_metrics.team_satisfaction.team_file IS 'Name of the team file without .yaml.';
COMMENT ON COLUMN release_metrics.team_satisfaction.reviewed_on IS 'Day of the review, UTC.';
COMMENT ON COLUMN release_metrics.team_satisfaction.latest IS 'True in the last review of its team file; the others are what was known before.';
COMMENT ON COLUMN release_metrics.team_satisfaction.team IS 'Team.';
COMMENT ON COLUMN release_metrics.team_satisfaction.score IS 'Mean of the last answers, 1 to 5; null if unknown or if fewer people answered than the policy''s group.';

CREATE VIEW release_metrics.allocation_plan AS
SELECT p.team_file,
    p.reviewed_on,
    p.plan,
    r.project,
    r.skill,
    count(DISTINCT r.member) FILTER (WHERE r.after > 0) AS people,
    sum(r.after) AS hours,
    sum(r.before) AS hours_before,
    p.status,
    p.proposed_at,
    p.decided_at,
    p.decided_by
FROM release_ops.allocation_plan p
CROSS JOIN LATERAL jsonb_to_recordset(p.proposal -> 'changes') AS r (member text, project text, skill text, before numeric, after numeric)
GROUP BY p.team_file, p.reviewed_on, r.project, r.skill;
COMMENT ON VIEW release_metrics.allocation_plan IS 'Grain: one row per team file, review that proposed a change, project and skill of the plan. Key: team_file, reviewed_on, project, skill. Fresh: with every run of capacity_review, and when a plan is decided on. Who works on what as it was proposed, without names.';
COMMENT ON COLUMN release_metrics.allocation_plan.team_file IS 'Name of the team file without .yaml.';
COMMENT ON COLUMN release_metrics.allocation_plan.reviewed_on IS 'Day of the review, UTC.';
COMMENT ON COLUMN release_metrics.allocation_plan.plan IS 'Id of the plan; the same plan of the same inputs has the same id.';
COMMENT ON COLUMN release_metrics.allocation_plan.project IS 'Id of the project.';
COMMENT ON COLUMN release_metrics.allocation_plan.skill IS 'Skill.';
COMMENT ON COLUMN release_metrics.allocation_plan.people IS 'People that the plan gives work of this kind; 0 where it takes all of it away.';
COMMENT ON COLUMN release_metrics.allocation_plan.hours IS 'Hours by the proposed plan, of those whose work changes.';
COMMENT ON COLUMN release_metrics.allocation_plan.hours_before IS 'Hours by the plan that stood, of the same people.';
COMMENT ON COLUMN release_metrics.allocation_plan.status IS 'proposed (waits for an answer), applied, rejected, unanswered, stale (the team changed meanwhile) or failed (could not be written).';
COMMENT ON COLUMN release_metrics.allocation_plan.proposed_at IS 'When it was proposed, UTC.';
COMMENT ON COLUMN release_metrics.allocation_plan.decided_at IS 'When it was answered, or the time to answer was over, UTC; null while it waits.';
COMMENT ON COLUMN release_metrics.allocation_plan.decided_by IS 'User who answered; null if nobody did.';

CREATE VIEW release_metrics.utilisation_week AS
SELECT u.team_file,
    u.dimension,
    u.name,
    u.week,
    u.worked,
    u.available,
    u.share AS utilisation,
    u.reviewed_on
FROM (
    SELECT DISTINCT ON (c.team_file, r.dimension, r.name, r.week) c.team_file, c.reviewed_on, r.dimension, r.name, r.week, r.worked, r.available, r.share
    FROM release_ops.capacity_review c
    CROSS JOIN LATERAL jsonb_to_recordset(c.facts -> 'utilisation') AS r (dimension text, name text, week date, worked double precision, available double precision, share double precision)
    ORDER BY c.team_file, r.dimension, r.name, r.week, c.reviewed_on DESC
) u;
COMMENT ON VIEW release_metrics.utilisation_week IS 'Grain: one row per team file, week of the past, and team, project or skill. Key: team_file, dimension, name, week. Fresh: with every run of capacity_review. Hours that were worked, as the last review that looked at the week saw them.';
COMMENT ON COLUMN release_metrics.utilisation_week.team_file IS 'Name of the team file without .yaml.';
COMMENT ON COLUMN release_metrics.utilisation_week.dimension IS 'team, project or skill.';
COMMENT ON COLUMN release_metrics.utilisation_week.name IS 'Team, id of the project, or skill.';
COMMENT ON COLUMN release_metrics.utilisation_week.week IS 'Monday of the week.';
COMMENT ON COLUMN release_metrics.utilisation_week.worked IS 'Hours that were worked.';
COMMENT ON COLUMN release_metrics.utilisation_week.available IS 'Of a team the hours that its people were there; of a project or skill the hours that the needs were to take, spread evenly; null where there are none.';
COMMENT ON COLUMN release_metrics.utilisation_week.utilisation IS 'worked / available, a ratio; null without available.';
COMMENT ON COLUMN release_metrics.utilisation_week.reviewed_on IS 'Day of the review that saw it last, UTC.';

CREATE VIEW release_metrics.hours_prediction AS
SELECT p.team_file,
    p.dimension,
    p.name,
    p.made_on,
    p.week,
    p.hours,
    p.low,
    p.high,
    u.worked,
    p.hours - u.worked AS off,
    u.worked BETWEEN p.low AND p.high AS inside
FROM release_ops.hours_prediction p
LEFT JOIN LATERAL (
    SELECT coalesce((
        SELECT v.worked FROM release_metrics.utilisation_week v
        WHERE (v.team_file, v.dimension, v.name, v.week) = (p.team_file, p.dimension, p.name, p.week)
    ), 0) AS worked
    WHERE EXISTS (
        SELECT FROM release_metrics.utilisation_week v WHERE v.team_file = p.team_file AND v.week = p.week
    )
) u ON true;
COMMENT ON VIEW release_metrics.hours_prediction IS 'Grain: one row per team file, team or project, review and week that was then to come. Key: team_file, dimension, name, made_on, week. Fresh: with every run of capacity_review. What reviews expected, and what came of it.';
COMMENT ON COLUMN release_metrics.hours_prediction.team_file IS 'Name of the team file without .yaml.';
COMMENT ON COLUMN release_metrics.hours_prediction.dimension IS 'team or project.';
COMMENT ON COLUMN release_metrics.hours_prediction.name IS 'Team, or id of the project.';
COMMENT ON COLUMN release_metrics.hours_prediction.made_on IS 'Day of the review that expected it, UTC.';
COMMENT ON COLUMN release_metrics.hours_prediction.week IS 'Monday of the week.';
COMMENT ON COLUMN release_metrics.hours_prediction.hours IS 'Hours that were expected: of a team booked and planned ones, of a project those of its needs.';
COMMENT ON COLUMN release_metrics.hours_prediction.low IS 'Lower bound of the interval; null where too few earlier predictions had come true or not.';
COMMENT ON COLUMN release_metrics.hours_prediction.high IS 'Upper bound, likewise.';
COMMENT ON COLUMN release_metrics.hours_prediction.worked IS 'Hours that were worked; null while the feed does not tell of the week.';
COMMENT ON COLUMN release_metrics.hours_prediction.off IS 'hours - worked, above 0 if too much was expected; null as worked.';
COMMENT ON COLUMN release_metrics.hours_prediction.inside IS 'Whether worked is in the interval; null without either.';
