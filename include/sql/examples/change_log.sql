-- In which release is a ticket?
-- table: change_log
SELECT product, first_final AS released_in, first_prerelease, type, description, commit
FROM release_metrics.change_log
WHERE '#12' = ANY (issues) AND told
ORDER BY committed_at
