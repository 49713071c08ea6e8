#!/usr/bin/env bash
# docs.sh BUILD SOURCE - what the documents show works: docs/reference/ is what the code says, the
# configuration of README.md is valid, the plugin of docs/howto/write-a-payment-plugin.md compiles,
# loads and passes the payment kit, etc/default/rentald is what the shipped configurations read, a
# running host has the metrics of docs/reference/metrics.md, every option and its default, every
# metric and every route is where its plugin is described, and links lead somewhere.
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

block c '/* payment_coins.c' docs/howto/write-a-payment-plugin.md >"$work/payment_coins.c"
diff "$work/payment_coins.c" include/plugin-api/examples/payment_coins/payment_coins.c ||
	complain "docs/howto/write-a-payment-plugin.md (<) and the example (>) are not the same plugin"
cc -std=gnu11 -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden -Iinclude/plugin-api \
	"$work/payment_coins.c" -o "$work/payment_coins.so" ||
	complain "the plugin of docs/howto/write-a-payment-plugin.md does not compile"
"$build/rentald" --inspect "$work/payment_coins.so" >"$work/inspect" ||
	complain "--inspect refuses the plugin of docs/howto/write-a-payment-plugin.md"
grep -q payment_coins "$work/inspect" || complain "--inspect does not name the plugin"
if [[ -x $build/rent-payment-kit ]]; then
	"$build/rent-payment-kit" "$work/payment_coins.so" url=http://127.0.0.1:9 >"$work/kit" 2>&1 ||
		{ cat "$work/kit" && complain "the plugin of docs/howto/write-a-payment-plugin.md fails the kit"; }
fi

sed -n 's/^#\([A-Z0-9_]*\)=\(.*\)/\1 \2/p' etc/default/rentald | sort >"$work/named"
grep -hv '^[[:space:]]*#' etc/*.conf etc/parts/*.conf | grep -o '\${env:[^}]*}' | sed 's/\${env:\([A-Z_]*\)}/\1 /; s/\${env:\(.*\):-\(.*\)}/\1 \2/' |
	sort -u >"$work/read"
diff "$work/named" "$work/read" ||
	complain "etc/default/rentald (<) and etc/*.conf (>) differ in what they read from the environment"

script/docs --build="$build" --check || complain "docs/reference/ is not what the code says"

# A running host: each family that it shows has the type and the help of the page.
"$build/rentald" --config=etc/demo.conf --set=listeners.api.listen=127.0.0.1:0 \
	--set=listeners.stubs.listen=127.0.0.1:0 --set=instances.stubs.options.book="$work/book" \
	--set=instances.main.options.path="$work/rentald.db" 2>"$work/log" &
host=$!
trap 'kill $host 2>/dev/null; wait $host 2>/dev/null; rm -rf "$work"' EXIT
port=''
for ((i = 0; i < 100 && ${#port} == 0; i++)); do
	port=$(sed -n 's/.* msg=listening .*name=api .*port=\([0-9]*\).*/\1/p' "$work/log") && sleep 0.1
done
curl -sS "http://127.0.0.1:${port:-1}/api/v1/health" >"$work/health" && sleep 1 &&
	curl -sS "http://127.0.0.1:${port:-1}/metrics" >"$work/metrics" || complain "no metrics: $(tail -n 5 "$work/log")"
kill $host && wait $host || complain "the demo ended badly: $(tail -n 5 "$work/log")"
trap 'rm -rf "$work"' EXIT
awk '/^# HELP/ { name = $3; sub(/^# HELP [^ ]* /, ""); help = $0; next }
	/^# TYPE/ { type = $4; next }
	/^[a-z]/ && name != "" { labels = ""
		if (match($0, /{.*}/)) {
			labels = substr($0, RSTART + 1, RLENGTH - 2); gsub(/="[^"]*"/, "", labels)
			sub(/,?le$/, "", labels); gsub(/,/, "`, `", labels); labels = labels == "" ? "" : "`" labels "`" }
		print "| `" name "` | " type " | " labels " | " help " |"; name = "" }' "$work/metrics" | sort >"$work/live"
grep '^| `' docs/reference/metrics.md | sort >"$work/page"
(($(wc -l <"$work/live") > 20)) || complain "the demo shows only $(wc -l <"$work/live") metrics"
comm -23 "$work/live" "$work/page" >"$work/strange"
[[ ! -s $work/strange ]] || complain "docs/reference/metrics.md lacks what a host shows: $(<"$work/strange")"

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

# Metrics: what a document names is counted, and what a plugin counts is named where the plugin is
# described; routes of the stubs and of the demo plugin.
names='\(http_request\|rental_system\|rentald_event\|rentald_log\|process\)s\?_[a-z_]*[a-z]'
sed -n "s/^| \`\($names\)\` .*/\1/p" docs/reference/metrics.md | sort -u >"$work/counted"
readmes=(plugins/*/README.md plugins/storage/*/README.md stubs/README.md)
grep -hoe "\`$names[{\`]" docs/*/*.md "${readmes[@]}" | tr -d '\`{' | sort -u | comm -23 - "$work/counted" >"$work/strange"
[[ ! -s $work/strange ]] || complain "documents name metrics that nobody counts:" $(<"$work/strange")
grep -hoe "\`$names[{\`]" "${readmes[@]}" | tr -d '\`{' | sort -u >"$work/named"
grep -rhoe "\"$names\"" --include='*.c' plugins | tr -d '"' | sort -u | comm -23 - "$work/named" >"$work/strange"
[[ ! -s $work/strange ]] || complain "no README of a plugin names the metrics" $(<"$work/strange")
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

# Every script has --help, which starts nothing.
for script in script/*; do
	timeout 20 "$script" --help </dev/null >"$work/help" 2>&1 && grep -q "^$script - " "$work/help" ||
		complain "$script --help does not help"
done

# Files and functions that the architecture and CONTRIBUTING.md name are there.
for page in docs/explanation/architecture.md CONTRIBUTING.md; do
	while read -r path; do
		[[ -e $path ]] || complain "$page: there is no $path"
	done < <(grep -oE '`(host|plugins|include|tests|stubs|web-ui)/[a-z_/.-]+`' "$page" | tr -d '`' | sort -u)
	while read -r name; do
		[[ -n $(find host plugins stubs -name "$name") ]] || complain "$page: no file is called $name"
	done < <(grep -oE '`[a-z_]+\.[ch]`' "$page" | tr -d '`' | sort -u)
	while read -r name; do
		grep -rqE --include='*.c' --exclude-dir=build "^[a-z].*\<$name\(" host plugins stubs ||
			complain "$page: no function is called $name()"
	done < <(grep -oE '`[a-z_]+\(\)`' "$page" | tr -d '`()' | sort -u)
done

# Links: the file is there, and so is the heading.
anchors() {
	awk '/^```/ { code = !code } /^#+ / && !code { sub(/^#+ /, ""); print tolower($0) }' "$1" |
		sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}
while read -r file; do
	while read -r link; do
		[[ $link != http* ]] || continue
		target=$file
		[[ $link == '#'* ]] || target=$(dirname "$file")/${link%%#*}
		[[ -e $target ]] || complain "$file: nothing is at $link"
		[[ $link != *.md#* && $link != '#'* ]] || anchors "$target" | grep -qx -- "${link#*#}" ||
			complain "$file: no heading is called ${link#*#} in $target"
	done < <(awk '/^```/ { code = !code } !code' "$file" | grep -o '](\([^) ]*\))' | sed 's/^](\(.*\))$/\1/')
done < <(find . -name '*.md' -not -path './build*' -not -path './.git/*' -not -path '*/node_modules/*' -not -path './var/*' -not -path './.venv/*' | sort)
exit $status
