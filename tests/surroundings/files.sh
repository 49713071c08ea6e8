#!/usr/bin/env bash
# files.sh BUILD SOURCE - files as people, editors and copy leave them: what can be read is read, and
# what cannot is named with the folder it was looked for in.
source "$(dirname "$0")/lib.sh"

check() { "$build/rentald" --config="$1" --check-config >"$work/said" 2>&1; }

# ---- a mark before the text, CRLF, UTF-16
{ printf '\xef\xbb\xbf' && sed 's/$/\r/' etc/demo.conf; } >"$work/marked.conf"
check "$work/marked.conf" || complain "a byte order mark: $(<"$work/said")"
iconv -t UTF-16 etc/demo.conf >"$work/wide.conf"
check "$work/wide.conf" && complain "UTF-16 is taken"
says "$work/said" 'not a text file in UTF-8 .*UTF-16'
printf '\xef\xbb\xbf%s\r\n' "$work/other.db" >"$work/path"
sed "s#\${env:STATE_DIR:-var}/rentald.db#\${file:$work/path}#" etc/demo.conf >"$work/filed.conf"
"$build/rentald" --config="$work/filed.conf" --dump-config >"$work/said" 2>&1 || true
says "$work/said" "path = \"$work/other.db\""
iconv -t UTF-16 <<<"$work/other.db" >"$work/path"
check "$work/filed.conf" && complain "UTF-16 in \${file:} is taken"
says "$work/said" 'is no text in UTF-8'

# ---- from another folder
mkdir "$work/elsewhere"
(cd "$work/elsewhere" && "$build/rentald" --config=etc/demo.conf --check-config >"$work/said" 2>&1) &&
	complain "a configuration that is not there is taken"
says "$work/said" "etc/demo.conf: cannot read the configuration: No such file or directory \(looked for in '$work/elsewhere'\)"
(cd "$work/elsewhere" && "$build/rentald" --config="$source/etc/demo.conf" --check-config >"$work/said" 2>&1) &&
	complain "a data file that is not there is taken"
says "$work/said" "cannot read the data file 'stubs/city.json': No such file or directory \(looked for in '$work/elsewhere'\)"
says_not "$work/said" ':-1'

# ---- a plugin that is overwritten while it is loaded
mkdir "$work/plugins"
cp "$build/plugins/payment_http.so" "$work/plugins/mine.so"
crash() { # crash COMMAND…: does that to the loaded file, and makes rentald call it
	: >"$work/log"
	cp "$build/plugins/payment_http.so" "$work/plugins/new.so"
	mv "$work/plugins/new.so" "$work/plugins/mine.so"
	up --set=instances.payment.plugin="$work/plugins/mine.so"
	start before
	is "a start before" "$start_status" 200
	"$@"
	start after || true
	code=0
	wait "$host" || code=$?
	((code >= 128)) || complain "after '$1' it ends with $code"
	says "$work/log" "plugin 'payment_http' \(instance 'payment', $work/plugins/mine.so\) crashed in a call \(SIG[A-Z]+\); the file was written to .*install plugins with mv"
}
crash truncate -s 0 "$work/plugins/mine.so"
crash cp "$build/plugins/catalog_http.so" "$work/plugins/mine.so"
