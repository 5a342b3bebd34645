#!/bin/sh
# Runs main.mjs on a server of the endpoint.
#
#   run.sh [OPTIONS of main.mjs] -- PROGRAM [ARGS...]
#
# After dynalite comes DynamoDB Local, when $DYNAMODB_LOCAL_DIR names an installation.
# Exit code 77: this machine has no node or npm, or cannot fetch dynalite.
set -u
here=$(cd "$(dirname "$0")" && pwd)

command -v node >/dev/null && command -v npm >/dev/null || {
    echo "skipped: the comparison with dynalite needs node and npm (apt-get install nodejs npm)"
    exit 77
}
if [ ! -d "$here/node_modules/dynalite" ]; then
    (cd "$here" && npm ci --no-audit --no-fund --silent) || {
        echo "skipped: npm could not install dynalite (see above)"
        exit 77
    }
fi
node "$here/docs.mjs" --check && node "$here/main.mjs" "$@" || exit 1

node "$here/main.mjs" --witness local "$@"
code=$?
[ "$code" -eq 77 ] || exit "$code"
