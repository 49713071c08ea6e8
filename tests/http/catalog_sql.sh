#!/usr/bin/env bash
# catalog_sql.sh BUILD SOURCE - a rental with the catalogue in PostgreSQL (TEST_DSN) and a cabinet
# behind the cloud of the stubs; a wrong query, a row that goes, and one that cannot be.
# shellcheck source=tests/http/lib.sh
. "$2/tests/http/lib.sh"
sql() { psql -q -v ON_ERROR_STOP=1 "$TEST_DSN" "$@" >"$work/sql.log" 2>&1 || die "psql: $*"; }

sql -f etc/catalog.sample.sql
api=127.0.0.1:$(port) hooks=127.0.0.1:$(port) stubs=127.0.0.1:$(port)
export API_LISTEN=$api HOOKS_LISTEN=$hooks STATE_DIR=$work STUBS_URL=http://$stubs SERVICES_URL=http://$stubs
export CHARGENOW_URL=http://$stubs/cdb-open-api/v1 CHARGENOW_USER=u CHARGENOW_PASSWORD=p
# The shipped configuration, with the other catalogue.
sed -e 's/"catalog_file"/"catalog_sql"/' \
	-e "s|options = { file = .*|options = { dsn = \"$TEST_DSN\"; timeout = \"500ms\"; };|" \
	etc/chargenow.conf >"$work/api.conf"
cat >"$work/stubs.conf" <<-END
	service = "stubs";
	listeners = ( { name = "stubs"; listen = "$stubs"; routes = [ "stubs" ]; } );
	instances = ( { name = "stubs"; plugin = "stubs"; options = { data = "stubs/city.json"; }; } );
END

# A wrong query is named, and the host does not start.
sed 's|timeout = "500ms"|tariffs = "SELECT id FROM tariffs WHERE id = $1"|' "$work/api.conf" >"$work/wrong.conf"
if "$build/rentald" --config="$work/wrong.conf" >"$work/wrong.log" 2>&1; then die "a wrong query is taken"; fi
grep -q "options.tariffs: column 'price_per_hour' is missing" "$work/wrong.log" || die "the wrong query is not named"

host stubs "$work/stubs.conf"
host api "$work/api.conf"
until_true 20 curl -sf -m 2 "http://$api/api/v1/health/ready"
quote() { post -d '{"station_id": "old-town-hall", "user_id": "u1"}' "$@" "http://$api/api/v1/rentals/quote"; }

# What is in the cabinet comes from the cabinet, its name from the table.
curl -s -m 5 "http://$api/api/v1/stations/old-town-hall" >"$work/station.json"
[[ $(jq -r .name "$work/station.json") == "Old Town Hall" ]] || die "the name is not the table's"
[[ $(jq '[.slots[] | select(.empty | not)] | length' "$work/station.json") == 4 ]] || die "not the cabinet's four powerbanks"
first=$(quote | jq -r .quote_id)
start() { post -H 'Idempotency-Key: k1' -d "{\"quote_id\": \"$first\"}" "http://$api/api/v1/rentals/start"; }
is_active() { [[ $(start | jq -r .status) == ACTIVE ]]; }
until_true 40 is_active

# A row that goes is no station any more, one that cannot be is no answer.
sql -c "DELETE FROM stations"
status() { quote -o /dev/null -w '%{http_code}'; }
is_404() { [[ $(status) == 404 ]]; }
until_true 40 is_404
sql -f <(grep -A2 'INSERT INTO stations' etc/catalog.sample.sql)
is_fine() { [[ $(status) == 200 ]]; }
until_true 40 is_fine
sql -c "ALTER TABLE stations DROP CONSTRAINT stations_slots_check; UPDATE stations SET slots = 0"
is_503() { [[ $(status) == 503 ]]; }
until_true 40 is_503
sql -c "UPDATE stations SET slots = 8"
until_true 40 is_fine

kill "${pids[1]}"
wait "${pids[1]}" || die "the host ended with $?"
"$build/rentald" --config="$work/api.conf" --audit >"$work/audit.log" 2>&1 || die "the audit finds something"
echo "catalog_sql: a rental from tables, a wrong query named"
