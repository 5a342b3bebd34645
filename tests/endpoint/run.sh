#!/bin/sh
# Runs the *.mjs beside it against a server of the endpoint that is started for them.
#
#   run.sh PROGRAM [ARGS...]   PROGRAM prints "listening on http://HOST:PORT" when it is ready.
#
# Exit code 77: this machine has no node or npm, or cannot fetch the SDK.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/npm.sh"

npm_ready "$here" "the AWS SDK for JavaScript" || exit 77

output=$(mktemp)
"$@" >"$output" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -f "$output"' EXIT INT TERM

url=
tries=0
while [ -z "$url" ] && [ "$tries" -lt 100 ]; do
    url=$(sed -n 's/.*listening on \(http:[^ ]*\).*/\1/p' "$output" | head -n 1)
    kill -0 "$server" 2>/dev/null || break
    [ -n "$url" ] || sleep 0.1
    tries=$((tries + 1))
done
if [ -z "$url" ]; then
    echo "the server did not start:"
    cat "$output"
    exit 1
fi
ENDPOINT="$url" node --test "$here"/*.mjs
