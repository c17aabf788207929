-- Whether it was worked out already whom an event touches.
SELECT planned_at FROM release_ops.expectation_event
WHERE product = %(product)s AND version = %(version)s AND kind = %(kind)s AND event = %(event)s
