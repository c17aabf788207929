-- Rounds are opened one after the other, so that nobody is asked by two at once; free when the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('release_ops:surveys', 0))
