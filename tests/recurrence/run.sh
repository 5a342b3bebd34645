#!/bin/sh
# The recurrence module against other implementations.
#
#   run.sh ANSWER_PROGRAM [LIBICAL_PROGRAM] [--full]
#
# Without --full a short part with a fixed seed. Exit code 77: this machine has neither node with npm
# nor python3-dateutil.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/npm.sh"
program=$1
libical=
full=
shift
for argument in "$@"; do
    if [ "$argument" = --full ]; then full=1; else libical=$argument; fi
done
cron=800 rules=200
[ -z "$full" ] || cron=25000 rules=1500

npm_ready "$here" "the comparison" || exit 77

failed=0
check() {
    "$@"
    case $? in
        0) ;;
        77) echo "  skipped: $*" ;;
        *) failed=1; echo "  failed: $*" ;;
    esac
}
check node "$here/cron.mjs" "$program" --count $cron
check node "$here/rrule.mjs" "$program" --count $rules
check node "$here/holidays.mjs" "$program"
check python3 "$here/compare.py" "$program" zones ${full:+--all}
check python3 "$here/compare.py" "$program" rrule --count $rules
[ -z "$libical" ] || check python3 "$here/compare.py" "$program" rrule --count $rules --libical "$libical"
exit $failed
