-- Seals of the books (debt_journal, payment_attempts, audit_log): what stood in a book up to a line when
-- it was sealed. Each hash is made of the one before and of the lines since, so that whoever rewrites a
-- line has to rewrite every later seal, and the log and the metrics of other machines have those.

CREATE TABLE seals (
	book       text COLLATE "C" NOT NULL,
	number     bigint NOT NULL CHECK (number > 0),
	upto_id    bigint NOT NULL,
	lines      bigint NOT NULL CHECK (lines > 0),
	digests    text COLLATE "C" NOT NULL,
	hash       text COLLATE "C" NOT NULL,
	created_at bigint NOT NULL,
	PRIMARY KEY (book, number)
);

CREATE TRIGGER seals_append_only BEFORE UPDATE OR DELETE ON seals
	FOR EACH STATEMENT EXECUTE FUNCTION rent_append_only();
