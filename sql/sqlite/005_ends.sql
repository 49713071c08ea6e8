-- Where a rental began, who ended it and where its powerbank came back, and when the customer asked
-- for its end in vain. '' and null: not known.
-- Its number is that of the same step of the other dialect, which has one more before it.

ALTER TABLE rentals ADD COLUMN cabinet_id        TEXT NOT NULL DEFAULT '';
ALTER TABLE rentals ADD COLUMN station_instance  TEXT NOT NULL DEFAULT '';
ALTER TABLE rentals ADD COLUMN ended_by          TEXT NOT NULL DEFAULT '';
ALTER TABLE rentals ADD COLUMN return_station_id TEXT NOT NULL DEFAULT '';
ALTER TABLE rentals ADD COLUMN stop_asked_at     INTEGER;
