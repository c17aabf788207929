-- What a product's change log was made from, so that it is not made again from the same.

CREATE TABLE release_ops.change_log_state (
    product text PRIMARY KEY,
    fingerprint text NOT NULL,
    commits integer NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE release_ops.change_log_state IS 'One row per product: a fingerprint of the releases, branches and rules that its change log was last made from.';
