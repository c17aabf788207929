-- End what is known of a product's rates, because its file names no feed of them any more.
UPDATE release_ops.exchange_rate SET known_until = %(at)s WHERE product = %(product)s AND known_until IS NULL
