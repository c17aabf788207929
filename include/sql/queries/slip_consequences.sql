-- Keep what follows from a move, on the slip that heads it.
UPDATE release_ops.slip SET consequences = %(consequences)s
WHERE product = %(product)s AND version = %(version)s AND category = %(category)s AND entry = %(entry)s
    AND sequence = %(sequence)s
