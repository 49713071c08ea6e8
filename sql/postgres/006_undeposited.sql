-- Rentals that went on though their deposit could not be held, because the provider said neither yes
-- nor no. Only so many may be live at once (undeposited_max); those that ended, or whose hold came
-- about later, leave when the next one comes.

CREATE TABLE undeposited_rentals (
	rental_id  text COLLATE "C" NOT NULL PRIMARY KEY,
	created_at bigint NOT NULL
);
