-- Since when a conflict is news: what names the message that tells of it, however often the sending is tried.

ALTER TABLE release_ops.conflict ADD COLUMN news_at timestamptz NOT NULL DEFAULT now();
UPDATE release_ops.conflict SET news_at = first_seen;
COMMENT ON COLUMN release_ops.conflict.news_at IS 'Since when people have to be told of it: when it was first seen, became an error, or was accepted no more.';
