-- What frames a batch.

-- name: begin
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;

-- name: commit
COMMIT;

-- name: rollback
ROLLBACK;

-- What this transaction does may be lost in a crash of the server: quotes, if the
-- configuration says so.
-- name: forgetful
SET LOCAL synchronous_commit = off;

-- Behind a pooler the settings of a session are those of every transaction; see connect.c.
-- name: settings
PREPARE settings (text, text, text) AS
SELECT set_config('statement_timeout', $1, true),
	set_config('synchronous_commit', $2, true),
	set_config('search_path', $3, true),
	set_config('enable_seqscan', 'off', true),
	set_config('enable_hashjoin', 'off', true),
	set_config('enable_mergejoin', 'off', true),
	set_config('enable_bitmapscan', 'off', true),
	set_config('enable_memoize', 'off', true),
	set_config('jit', 'off', true);
