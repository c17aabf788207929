-- Propose a plan; what was decided on the same plan stays.
INSERT INTO release_ops.allocation_plan AS p (team_file, reviewed_on, plan, status, proposed_at, run_id, proposal)
VALUES (%(team_file)s, %(reviewed_on)s, %(plan)s, 'proposed', %(at)s, %(run_id)s, %(proposal)s)
ON CONFLICT (team_file, reviewed_on) DO UPDATE SET
    plan = excluded.plan, status = 'proposed', proposed_at = excluded.proposed_at, run_id = excluded.run_id,
    proposal = excluded.proposal, decided_at = NULL, decided_by = NULL, reason = ''
WHERE p.plan <> excluded.plan OR p.status <> 'applied'
