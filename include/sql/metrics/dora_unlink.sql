-- Forget which deployment the incidents in question belonged to.
DELETE FROM release_ops.incident_deployment AS i USING dora_incident AS d WHERE i.product = d.product AND i.incident = d.incident
