-- Take in the rows of the change log, as many as there are.
COPY change_log_stage (product, commit, change, told, type, scope, breaking, description, issues, author, authored_at,
    committed_at, first_prerelease, first_final, reverted_by) FROM STDIN
