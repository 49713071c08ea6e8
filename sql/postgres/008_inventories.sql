-- What was in a cabinet just before an eject was sent to it: the evidence by which an eject that
-- nobody knows the end of is judged, together with the ejects beside it. A row goes when it is
-- older than any question about it.

CREATE TABLE eject_inventories (
	operation_id text COLLATE "C" NOT NULL PRIMARY KEY,
	instance     text COLLATE "C" NOT NULL,
	cabinet_id   text COLLATE "C" NOT NULL,
	-- 0: the cabinet did not say.
	known        bigint NOT NULL CHECK (known IN (0, 1)),
	-- Separated by spaces.
	powerbanks   text COLLATE "C" NOT NULL,
	taken_at     bigint NOT NULL
);

CREATE INDEX eject_inventories_cabinet ON eject_inventories (cabinet_id, instance, taken_at);
