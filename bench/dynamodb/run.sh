#!/usr/bin/env bash
# The DynamoDB endpoint beside dynalite, and beside DynamoDB Local where it is installed: memory, then
# disk (Carillon: every write is durable before it is answered; dynalite never syncs).
#
#   bench/dynamodb/run.sh [--quick] [ARGS of carillon_bench_dynamodb]
#
# DYNAMODB_LOCAL_DIR names an installation of DynamoDB Local; without it that column is left out.
# dynalite is fetched by npm at the first run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$root/tests/support/npm.sh"
build=${CARILLON_BUILD:-$root/build/release}
carillon=$build/carillon

arguments=()
for argument in "$@"; do
    case $argument in
        --quick) arguments+=(--seconds 0.3 --items 500) ;;
        *) arguments+=("$argument") ;;
    esac
done

dynalite=
if npm_ready "$here" dynalite; then
    dynalite="dynalite listening $(command -v node) $here/node_modules/dynalite/cli.js --host 127.0.0.1
        --port {port} --createTableMs 0 --deleteTableMs 0 --updateTableMs 0"
fi
local=
if [ -n "${DYNAMODB_LOCAL_DIR:-}" ]; then
    local="local Initializing $(command -v java) -Xmx1g -Djava.library.path=$DYNAMODB_LOCAL_DIR/DynamoDBLocal_lib
        -jar $DYNAMODB_LOCAL_DIR/DynamoDBLocal.jar -disableTelemetry -port {port}"
else
    echo "DynamoDB Local: skipped, DYNAMODB_LOCAL_DIR is not set"
fi

scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/carillon-bench-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
for where in memory disk; do
    if [ $where = memory ]; then
        store=memory: theirs='' locals='-inMemory'
    else
        store=embedded:$scratch/carillon theirs="--path $scratch/dynalite" locals="-dbPath $scratch"
    fi
    servers=(--server "carillon listening $carillon dynamodb --log-level warn --port {port} --store $store")
    [ -z "$dynalite" ] || servers+=(--server "$dynalite $theirs")
    [ -z "$local" ] || servers+=(--server "$local $locals")
    "$build/bench/carillon_bench_dynamodb" --where $where "${arguments[@]}" "${servers[@]}"
done
