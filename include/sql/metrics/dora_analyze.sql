-- Tell the planner how much there is to do: a day and a whole history want different plans.
ANALYZE dora_touched, dora_incident, dora_deployment, dora_day, dora_window
