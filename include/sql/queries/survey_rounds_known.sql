-- State of every round of a product's surveys by occasion.
SELECT survey, occasion, state FROM release_ops.survey_round WHERE product = %(product)s AND source = 'page'
