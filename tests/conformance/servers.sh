#!/bin/sh
# Holds the remote engine to the port's promises over a server that is started for it.
#
#   servers.sh dynalite|dynamodb_local TEST_PROGRAM
#
# Exit code 77: this machine cannot start that server; why is printed.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/npm.sh"
kind=$1
program=$2
server=
output=$(mktemp)
trap '[ -z "$server" ] || { kill "$server"; wait "$server"; } 2>/dev/null; rm -f "$output"' EXIT INT TERM

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

await() {
    tries=0
    while [ "$tries" -lt 200 ]; do
        kill -0 "$server" 2>/dev/null || break
        python3 - "$1" <<'PYTHON' && return 0
import socket, sys
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1).close()
except OSError:
    sys.exit(1)
PYTHON
        sleep 0.1
        tries=$((tries + 1))
    done
    echo "the server did not start:"
    cat "$output"
    exit 1
}

case $kind in
dynalite)
    npm_ready "$here" "dynalite" || exit 77
    port=$(free_port)
    node "$here/node_modules/dynalite/cli.js" --host 127.0.0.1 --port "$port" \
        --createTableMs 0 --deleteTableMs 0 --updateTableMs 0 >"$output" 2>&1 &
    server=$!
    await "$port"
    echo "dynalite has no transactions, no UpdateTimeToLive and no watches: those tests are skipped"
    export CARILLON_DYNALITE_URL="http://127.0.0.1:$port/"
    ;;
dynamodb_local)
    [ -n "${DYNAMODB_LOCAL_DIR:-}" ] || {
        echo "skipped: DYNAMODB_LOCAL_DIR does not name an installation of DynamoDB Local"
        exit 77
    }
    command -v java >/dev/null || {
        echo "skipped: DynamoDB Local needs java"
        exit 77
    }
    port=$(free_port)
    (cd "$DYNAMODB_LOCAL_DIR" && exec java -Xmx1g -Djava.library.path=./DynamoDBLocal_lib \
        -jar DynamoDBLocal.jar -disableTelemetry -port "$port" -inMemory -sharedDb) >"$output" 2>&1 &
    server=$!
    await "$port"
    export CARILLON_DYNAMODB_LOCAL_URL="http://127.0.0.1:$port/"
    ;;
*)
    echo "usage: servers.sh dynalite|dynamodb_local TEST_PROGRAM"
    exit 2
    ;;
esac
"$program" --gtest_filter='Server/*'
