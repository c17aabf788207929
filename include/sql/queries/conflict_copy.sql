-- Take in the conflicts that one look found; first_seen and last_seen are the time of the look.
COPY conflict_stage (key, kind, severity, accepted, first_product, first_version, first_milestone, first_planned_at, second_product,
    second_version, second_milestone, second_planned_at, subject, message, proposal, first_seen, last_seen) FROM STDIN
