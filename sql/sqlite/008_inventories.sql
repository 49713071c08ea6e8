-- What was in a cabinet just before an eject was sent to it: the evidence by which an eject that
-- nobody knows the end of is judged, together with the ejects beside it. A row goes when it is
-- older than any question about it.

CREATE TABLE eject_inventories (
	operation_id TEXT NOT NULL PRIMARY KEY,
	instance     TEXT NOT NULL,
	cabinet_id   TEXT NOT NULL,
	-- 0: the cabinet did not say.
	known        INTEGER NOT NULL CHECK (known IN (0, 1)),
	-- Separated by spaces.
	powerbanks   TEXT NOT NULL,
	taken_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX eject_inventories_cabinet ON eject_inventories (cabinet_id, instance, taken_at);
