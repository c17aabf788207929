-- Take a named lock if it is free, and hold it until this connection ends; says whether it was taken.
SELECT pg_try_advisory_lock(hashtextextended(%(name)s, 0)) AS taken
