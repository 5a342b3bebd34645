#!/bin/sh
# Runs the program of this folder's tests; with Node.js also against fauxqs, a stand-in for SQS and
# SNS, whose tests are skipped otherwise.
#
#   run.sh PROGRAM [ARGS...]
set -u
here=$(cd "$(dirname "$0")" && pwd)

if command -v node >/dev/null && command -v npm >/dev/null; then
    [ "$here/node_modules/.package-lock.json" -nt "$here/package-lock.json" ] ||
        (cd "$here" && npm ci --no-audit --no-fund --silent)
    if [ -f "$here/node_modules/fauxqs/package.json" ]; then
        FAUXQS="$here/fauxqs.mjs"
        export FAUXQS
    fi
fi
exec "$@"
