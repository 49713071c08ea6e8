-- Where a rental began, who ended it and where its powerbank came back, and when the customer asked
-- for its end in vain. '' and null: not known.

ALTER TABLE rentals
	ADD COLUMN cabinet_id        text COLLATE "C" NOT NULL DEFAULT '',
	ADD COLUMN station_instance  text COLLATE "C" NOT NULL DEFAULT '',
	ADD COLUMN ended_by          text COLLATE "C" NOT NULL DEFAULT '',
	ADD COLUMN return_station_id text COLLATE "C" NOT NULL DEFAULT '',
	ADD COLUMN stop_asked_at     bigint;
