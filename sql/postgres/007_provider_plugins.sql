-- The plugins whose instances a rental was begun with. An instance of the same name may be of another
-- plugin by now: then the rental's money is not where that one looks for it. '': not known.

ALTER TABLE rentals
	ADD COLUMN provider_plugin text COLLATE "C" NOT NULL DEFAULT '',
	ADD COLUMN station_plugin  text COLLATE "C" NOT NULL DEFAULT '';
