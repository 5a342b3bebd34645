#!/bin/sh
# Runs main.mjs on a server of the endpoint.
#
#   run.sh [OPTIONS of main.mjs] -- PROGRAM [ARGS...]
#
# After dynalite comes DynamoDB Local, when $DYNAMODB_LOCAL_DIR names an installation.
# Exit code 77: this machine has no node or npm, or cannot fetch dynalite.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/npm.sh"

npm_ready "$here" "dynalite" || exit 77
node "$here/docs.mjs" --check && node "$here/main.mjs" "$@" || exit 1

node "$here/main.mjs" --witness local "$@"
code=$?
[ "$code" -eq 77 ] || exit "$code"
