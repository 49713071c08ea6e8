#!/usr/bin/env bash
# deployments.sh BUILD SOURCE - the files by which the system is started elsewhere name what exists:
# compose.yaml and the container file, the units of systemd. Containers are not run; the units are
# judged by systemd-analyze where that is installed.
set -euo pipefail
shopt -s extglob
build=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$source"
status=0
complain() {
	echo "deployments: $*" >&2
	status=1
}

# ---- containers
file=$(sed -n 's/^ *dockerfile: *//p' compose.yaml)
[[ -f $file ]] || complain "compose.yaml builds from '$file', which is not there"
while read -r -a words; do
	for what in "${words[@]:1:${#words[@]}-2}"; do
		[[ -e $what ]] || complain "$file copies '$what', which is not there"
		grep -qx -e "!$what" -e "!${what%%/*}" "$file.dockerignore" ||
			complain "$file.dockerignore hides '$what'"
		mkdir -p "$work/context/$(dirname "$what")"
		cp -r "$what" "$work/context/$what"
	done
done < <(grep '^COPY [^-]' "$file")
# The copied files are enough to build from, as far as CMake can tell without building.
cmake -S "$work/context" -B "$work/image" -G Ninja -DRENT_TESTS=OFF >"$work/cmake" 2>&1 ||
	complain "what $file copies cannot be built: $(<"$work/cmake")"
# The commands of the parts are valid, with the environment of compose.yaml.
value() { sed -n "s/^  $1: \"\{0,1\}\([^\" ]*\).*/\1/p" compose.yaml; }
while read -r conf; do
	DATABASE_URL=postgresql://rentald:x@postgres/rentald REDIS_URL=$(value REDIS_URL) \
		STUBS_URL=$(value STUBS_URL) STUBS_INSECURE=$(value STUBS_INSECURE) \
		"$build/rentald" --config="etc/$conf" --check-config -q || complain "etc/$conf is refused"
done < <(grep -o '/etc/rentald/[a-z-]*\.conf' compose.yaml "$file" | sed 's#.*/##' | sort -u)
while read -r name; do
	grep -rqF "env:$name" etc/*.conf etc/parts || complain "compose.yaml sets $name, which nothing reads"
done < <(grep -v '^#' compose.yaml | grep -oE '\b[A-Z]+(_[A-Z]+)*: ' | tr -d ': ' | grep -v '^POSTGRES_' | sort -u)

# ---- plain http:// leaves this machine only when it is told to, whatever plugin calls
judge() { # URL INSECURE
	URL=$1 INSECURE=$2 "$build/rentald" --config=tests/http/plain_http.conf --check-config >"$work/judged" 2>&1
}
calling=$(grep -c 'env:URL' tests/http/plain_http.conf)
for url in http://10.0.0.9 http://localhost.example http://127.0.0.1.example http://128.0.0.1:80; do
	! judge "$url" false || complain "$url is called without a word"
	refused=$(grep -c 'plain http:// beyond this machine' "$work/judged" || true)
	[[ $refused == "$calling" ]] || complain "$url: $refused of $calling plugins refuse it: $(<"$work/judged")"
done
for url in https://10.0.0.9 http://127.1.2.3 'http://[::1]:80' http://localhost:80; do
	judge "$url" false || complain "$url is refused: $(<"$work/judged")"
done
judge http://10.0.0.9 true || complain "insecure does not help: $(<"$work/judged")"
# The demos on an address of this machine that is not the loopback, as script/server runs them.
for conf in demo demo-cabinets demo-payments; do
	for provider in stripe yookassa; do
		DEMO_PAYMENT=$provider STUBS_URL=http://10.0.0.9:3629 API_URL=http://10.0.0.9:8000 STUBS_INSECURE=true \
			DEMO_PEERS=127.0.0.0/8,::1,10.0.0.9 "$build/rentald" --config="etc/$conf.conf" --check-config -q ||
			complain "etc/$conf.conf: STUBS_INSECURE does not help"
	done
done
for script in script/server script/deployment; do
	grep -q 'export STUBS_INSECURE=true' "$script" || complain "$script does not say that its addresses are this machine's"
done
# A plugin that has learnt to call an address is in that file, too; the stubs call what they are told.
for plugin in $(grep -l 'upstream_open(' plugins/*/*.c | cut -d/ -f2 | sort -u); do
	grep -q "\"$plugin\"" tests/http/plain_http.conf || complain "tests/http/plain_http.conf does not have $plugin"
done

# ---- units
cp -r etc/systemd "$work/units"
sed -i "s#/usr/local/bin/rentald#$build/rentald#" "$work"/units/*.service
mkdir "$work/credentials"
echo postgresql://rentald@db/rentald >"$work/credentials/database_url"
echo 0123456789abcdef >"$work/credentials/redis_secret"
for unit in etc/systemd/*.service; do
	[[ -e etc/systemd/$(basename "$unit").d/10-rentald.conf ]] ||
		complain "$unit does not have what all units have in common"
	# The last file that says a name counts: what is said for all comes first, not in the drop-in,
	# which is read after the unit.
	[[ $(grep -m 1 '^EnvironmentFile=' "$unit") == EnvironmentFile=-/etc/default/rentald ]] ||
		complain "$unit does not read /etc/default/rentald first"
	# The command before the start, as the service manager would expand it.
	mapfile -t words < <(awk '/^ExecStartPre=/ { on = 1; sub(/^ExecStartPre=/, "") }
		on { on = sub(/\\$/, ""); gsub(/\$\$/, "$"); for (i = 1; i <= NF; i++) print $i }' "$unit")
	words=("${words[@]/\/usr\/local\/bin\/rentald/$build/rentald}")
	words=("${words[@]/\/etc\/rentald\//$source/etc/}")
	CREDENTIALS_DIRECTORY=$work/credentials "${words[@]}" ||
		complain "$unit: its configuration is refused: ${words[*]}"
done
! grep -q stubs <(grep -v '^#' etc/systemd/rentald.target) ||
	complain "production starts a payment provider that is made up"
! grep -q '^EnvironmentFile=' etc/systemd/rentald.conf ||
	complain "etc/systemd/rentald.conf would have the last word on the environment"
# The units that the documents start and stop exist.
while read -r unit; do
	compgen -G "etc/systemd/${unit%%@*}?(@).service" >/dev/null || [[ -e etc/systemd/$unit ]] ||
		complain "the documents speak of $unit, which no unit is"
done < <(grep -rhoE '\b(rental|billing|external)[a-z-]*@[0-9*]+|\brentald@[0-9*]+|systemctl [a-z]+ [a-z.-]+' docs README.md etc |
	sed -n 's/^systemctl [a-z]* \(\(rental\|billing\|external\)[a-z.-]*\)$/\1/p; /@/p' | sort -u)
if command -v systemd-analyze >/dev/null; then
	# Instances as rentald.target has them.
	systemd-analyze verify "$work"/units/rentald.target "$work"/units/*.service >"$work/verify" 2>&1 ||
		complain "systemd-analyze verify: $(<"$work/verify")"
	[[ ! -s $work/verify ]] || complain "systemd-analyze verify: $(<"$work/verify")"
	for unit in "$work"/units/*.service; do
		systemd-analyze security --offline=true --threshold=12 "$unit" >"$work/exposure" 2>&1 ||
			complain "$unit is more exposed than 1.2 of 10: $(tail -n 1 "$work/exposure")"
	done
else
	echo "deployments: there is no systemd-analyze here: the units are not verified"
fi
exit $status
