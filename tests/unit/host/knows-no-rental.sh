#!/bin/sh
# knows-no-rental.sh DIR - the host runs any product: nothing below DIR may include a header of
# the rental system, or name a thing of it (a flag, a label, a field of a log line, a text).
set -u
headers='rent/(rental|model|storage|scheduler|catalog|station|payment|payment_plugin)\.h'
things='rentals?|deposits?|ejects?|powerbanks?|tariffs?|stations?|debts?|buyouts?|refunds?|payments?|quotes_|accruals?|settlements?|reconcile|list-manual'
found=$(grep -rnE --include='*.[ch]' --include=CMakeLists.txt \
	-e "#include *<$headers>" -e "(^|[^a-zA-Z0-9])($things)([^a-zA-Z0-9]|\$)" "$1")
[ -z "$found" ] && exit 0
echo "the host knows rentals:"
echo "$found"
exit 1
