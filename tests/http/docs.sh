#!/usr/bin/env bash
# docs.sh BUILD SOURCE - what the documents show works: the configuration of README.md is valid,
# the plugin of docs/plugin-guide.md compiles, loads and passes the payment kit, the
# environment of docs/operating.md is what the shipped configurations read, every option and its
# default, every metric and every route is where its plugin is described, and links lead somewhere.
set -euo pipefail
build=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$source"
status=0
complain() {
	echo "docs: $*" >&2
	status=1
}

# block FENCE START FILE: the first fenced block that begins with START
block() {
	awk -v fence="^\`\`\`$1\$" -v start="$2" '
		!inside && $0 ~ fence { inside = 1; text = ""; next }
		inside && /^```$/ { if (index(text, start) == 1) { printf "%s", text; exit }; inside = 0; next }
		inside { text = text $0 "\n" }' "$3"
}

block '' 'service = ' README.md >"$work/readme.conf"
[[ -s $work/readme.conf ]] || complain "README.md shows no configuration"
"$build/rentald" --config="$work/readme.conf" --check-config ||
	complain "the configuration of README.md is wrong"

block c '/* payment_coins.c */' docs/plugin-guide.md >"$work/payment_coins.c"
cc -std=gnu11 -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden -Iinclude/plugin-api \
	"$work/payment_coins.c" -o "$work/payment_coins.so" ||
	complain "the plugin of docs/plugin-guide.md does not compile"
"$build/rentald" --inspect "$work/payment_coins.so" >"$work/inspect" ||
	complain "--inspect refuses the plugin of docs/plugin-guide.md"
grep -q payment_coins "$work/inspect" || complain "--inspect does not name the plugin"
if [[ -x $build/rent-payment-kit ]]; then
	"$build/rent-payment-kit" "$work/payment_coins.so" url=http://127.0.0.1:9 >"$work/kit" 2>&1 ||
		{ cat "$work/kit" && complain "the plugin of docs/plugin-guide.md fails the kit"; }
fi

sed -n 's/^| `\([A-Z_]*\)` | `\(.*\)` | .*/\1 \2/p' docs/operating.md | sort >"$work/told"
grep -hv '^[[:space:]]*#' etc/*.conf etc/parts/*.conf | grep -o '\${env:[^}]*}' | sed 's/\${env:\(.*\):-\(.*\)}/\1 \2/' |
	sort -u >"$work/read"
diff "$work/told" "$work/read" ||
	complain "docs/operating.md (<) and etc/*.conf (>) differ in what they read from the environment"

# Options: a row with the default, or named in the text; of an upstream's only the first part.
# Each folder that has a plugin.c is a plugin; those of plugins/storage/ are called storage_NAME.
for folder in $(printf '%s\n' plugins/*/plugin.c plugins/storage/*/plugin.c stubs/plugin.c | sed 's/plugin\.c$//'); do
	plugin=$(basename "$folder") readme=${folder}README.md
	[[ $folder != plugins/storage/* ]] || plugin=storage_$plugin
	"$build/rentald" --list-options="$plugin" --format=json >"$work/options" ||
		complain "--list-options=$plugin fails"
	jq -r '.[0].options[] | "\(.name) \(if .required then "required" else .default // "" end)"' \
		"$work/options" >"$work/list"
	while read -r name default; do
		grep -q "\`${name%%.*}\( = [a-z0-9]*\)\?\`" "$readme" || complain "$readme does not name the option $name"
		row=$(sed -n "s/^| \`$name\` | \([^|]*\) |.*/\1/p" "$readme" | tr -d '\`')
		[[ -z $row || -z $default || $row == "$default"* ]] ||
			complain "$readme: the default of $name is '$default', not '$row'"
	done <"$work/list"
done

# Metrics, both ways; routes of the stubs and of the demo plugin.
names='\(http_request\|rental_system\|rentald_event\|process\)s\?_[a-z_]*[a-z]'
grep -rhoe "\"$names\"" --include='*.c' host plugins | tr -d '"' | sort -u >"$work/counted"
grep -hoe "\`$names[{\`]" docs/*.md plugins/*/README.md plugins/storage/*/README.md stubs/README.md | tr -d '\`{' | sort -u >"$work/named"
diff "$work/named" "$work/counted" ||
	complain "the documents (<) and the sources (>) differ in the metrics they name"
grep -rhoe "\\<$names" etc/prometheus/alerts.yml etc/grafana | sed 's/_\(bucket\|sum\|count\)$//' |
	sort -u | comm -23 - "$work/counted" >"$work/strange"
[[ ! -s $work/strange ]] || complain "alerts or dashboards read what nobody counts:" $(<"$work/strange")
for folder in plugins/demo stubs; do
	sed -n 's/^\t{ "\(GET\|POST\)", "\([^"]*\)".*/\1 \2/p' "$folder/plugin.c" >"$work/routes"
	[[ -s $work/routes ]] || complain "no routes found in $folder/plugin.c"
	while read -r route; do
		grep -q "\`$route[ ?\`]" "$folder/README.md" || complain "$folder/README.md does not name $route"
	done <"$work/routes"
done

# Who asks a script for help gets it, and nothing is begun.
for script in script/*; do
	timeout 20 "$script" --help </dev/null >"$work/help" 2>&1 && grep -q "^$script - " "$work/help" ||
		complain "$script --help does not help"
done

for file in *.md docs/*.md plugins/*/README.md plugins/storage/*/README.md stubs/README.md; do
	while read -r link; do
		[[ $link == http* || $link == '#'* || -e $(dirname "$file")/${link%%#*} ]] ||
			complain "$file: nothing is at $link"
	done < <(grep -o '](\([^)]*\))' "$file" | sed 's/^](\(.*\))$/\1/')
done
exit $status
