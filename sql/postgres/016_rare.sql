-- A list of a rare status finds its rows, however many rentals there are. Nearly all end as FINISHED,
-- whose lists are served by rentals_created.
CREATE INDEX rentals_rare ON rentals (status, created_at, id) WHERE status <> 'FINISHED';
