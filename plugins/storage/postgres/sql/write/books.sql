-- Seals of books.

-- One without a book is none: that is how the statement is tried without writing.
-- name: seal_put
PREPARE seal_put (text, bigint, bigint, bigint, text, text) AS
INSERT INTO seals (book, number, upto_id, lines, digests, hash, created_at)
SELECT $1, $2, $3, $4, $5, $6, rent_now_us()
WHERE $1 <> ''
ON CONFLICT (book, number) DO NOTHING;
