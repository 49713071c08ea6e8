-- roles.sql - three roles for one database, so that the process that serves cannot rewrite the books:
--
--     rentald_owner   owns the tables: rentald --migrate, and nothing else
--     rentald_app     runs: reads and writes rows, deletes only what expires; makes and changes no table
--     rentald_read    reads: people, reports
--
-- Run it in the database of rentald, as a superuser; again after each --migrate, as new tables come
-- with it. Then give each a password, or a line in pg_hba.conf, and put rentald_app into the dsn:
--
--     psql -v ON_ERROR_STOP=1 -1 -f roles.sql rentald
--
-- Tables in another schema than "public": SET rentald.schema = 'NAME' first.

DO $$
DECLARE
	place CONSTANT text := coalesce(nullif(current_setting('rentald.schema', true), ''), 'public');
	role text;
	thing record;
BEGIN
	FOREACH role IN ARRAY ARRAY['rentald_owner', 'rentald_app', 'rentald_read'] LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
			EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', role);
		END IF;
		EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role);
		EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', place, role);
	END LOOP;
	EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', place);
	EXECUTE format('GRANT CREATE ON SCHEMA %I TO rentald_owner', place);

	-- What is there belongs to the owner.
	FOR thing IN SELECT c.relname AS name FROM pg_class c
		WHERE c.relnamespace = place::regnamespace AND c.relkind IN ('r', 'p') LOOP
		EXECUTE format('ALTER TABLE %I.%I OWNER TO rentald_owner', place, thing.name);
		EXECUTE format('REVOKE ALL ON %I.%I FROM PUBLIC, rentald_app, rentald_read', place, thing.name);
		EXECUTE format('GRANT SELECT ON %I.%I TO rentald_app, rentald_read', place, thing.name);
		-- Records grow; which migrations were applied is the owner's to say.
		IF thing.name IN ('debt_journal', 'payment_attempts', 'operation_resolutions',
				'audit_log', 'outside_movements', 'notes', 'seals') THEN
			EXECUTE format('GRANT INSERT ON %I.%I TO rentald_app', place, thing.name);
		ELSIF thing.name <> 'schema_migrations' THEN
			EXECUTE format('GRANT INSERT, UPDATE ON %I.%I TO rentald_app', place, thing.name);
		END IF;
		-- What ends by itself.
		IF thing.name IN ('quotes', 'idempotency_keys', 'undeposited_rentals', 'eject_inventories',
				'outbox') THEN
			EXECUTE format('GRANT DELETE ON %I.%I TO rentald_app', place, thing.name);
		END IF;
	END LOOP;
	FOR thing IN SELECT p.oid::regprocedure::text AS name FROM pg_proc p
		WHERE p.pronamespace = place::regnamespace AND p.proname LIKE 'rent\_%' LOOP
		EXECUTE format('ALTER FUNCTION %s OWNER TO rentald_owner', thing.name);
	END LOOP;
END
$$;
