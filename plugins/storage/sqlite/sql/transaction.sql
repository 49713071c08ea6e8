-- Transactions. The writer runs a batch in one; a savepoint is set around a job, and around a
-- change, when the batch is run again carefully.

-- name: begin_write
BEGIN IMMEDIATE;

-- name: begin_read
BEGIN;

-- name: commit
COMMIT;

-- Writes a page though nothing changes: whether writing works again after a failure.
-- name: touch
PRAGMA user_version = 0;

-- name: save_job
SAVEPOINT job;

-- name: undo_job
ROLLBACK TO job;

-- name: keep_job
RELEASE job;

-- name: save_change
SAVEPOINT change;

-- name: undo_change
ROLLBACK TO change;

-- name: keep_change
RELEASE change;
