#!/usr/bin/env bash
# Installs the built tree to a fresh prefix, builds the examples against it as a user would, and
# runs them. Usage: run.sh BUILD_DIR SOURCE_DIR CXX_COMPILER [EXTRA_CXX_FLAGS]
set -euo pipefail

build=$1
source=$2
compiler=$3
flags=${4:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "== install"
cmake --install "$build" --prefix "$work/prefix" >"$work/install.log" || {
    cat "$work/install.log"
    exit 1
}
for header in "$work"/prefix/include/carillon/*.hpp; do
    # The public headers stand alone: the standard library is all that they may need.
    "$compiler" -std=c++23 -Wall -Wextra -Werror -fsyntax-only -I "$work/prefix/include" \
        -x c++ - <<<"#include <carillon/$(basename "$header")>"
    if grep -nE '#include <(boost|rocksdb|openssl|fmt|spdlog|simdjson)' "$header"; then
        echo "$header includes a third-party header"
        exit 1
    fi
done

echo "== configure and build the examples"
for example in schedule records outbox layer; do
    cmake -S "$source/examples/$example" -B "$work/$example" -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_FLAGS="$flags" \
        -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/configure.log" || {
        cat "$work/configure.log"
        exit 1
    }
    cmake --build "$work/$example"
done

echo "== run it"
"$work/schedule/schedule" "$work/store" | tee "$work/out"
grep -q -E 'rang: POST /hello HTTP/1.1  webhook-id msg_[0-9a-f]{32}  \{"hello":"bell"\}' "$work/out"
[ "$(grep -c 'COMPLETED, answered 200' "$work/out")" = 3 ]

echo "== a second program over the same store finds what the first one left"
if timeout 60 "$work/schedule/schedule" "$work/store" >"$work/again" 2>&1; then
    cat "$work/again"
    exit 1
fi
grep -q 'another webhook has the id hello' "$work/again"

echo "== the record model and the processor"
"$work/records/record-example" "embedded:$work/records.store" | tee "$work/out"
grep -qx 'unprocessed: 1' "$work/out"
grep -qx 'a record that is not there: there is no such record' "$work/out"
grep -qx 'processed: 1' "$work/out"
"$work/records/processor-example" "embedded:$work/records.store" | tee "$work/out"
grep -qx 'Processing complete. Errors: 0' "$work/out"
"$work/records/processor-complete-example" "embedded:$work/records.store" | tee "$work/out"
grep -qx 'processed 59, quarantined 1, attempts 62, success rate 98.3%' "$work/out"

echo "== an order and its event: whatever line the program dies at, nothing is lost"
for line in 1 2 3 4 5 6 7 8; do
    status=0
    "$work/outbox/outbox" "$work/outbox.store" "order-$line" "$line" >"$work/out" 2>&1 || status=$?
    [ $status = 9 ] || { cat "$work/out"; echo "line $line: exit code $status, not killed"; exit 1; }
    "$work/outbox/outbox" "$work/outbox.store" "order-$line" | tee "$work/out"
    case $line in
        1 | 2 | 3) grep -qx "order-$line: saved" "$work/out" ;;
        *) grep -qx "order-$line: was saved before" "$work/out" ;;
    esac
    grep -qx "order-$line: confirmed" "$work/out"
    # Once, and a second time only where the plug was pulled between the mail and its being recorded.
    sent=$(grep -c "^placed-order-$line " "$work/outbox.store.sent")
    case $line in
        7) [ "$sent" -ge 1 ] && [ "$sent" -le 2 ] ;;
        *) [ "$sent" = 1 ] ;;
    esac
done

echo "== a layer, its state in a directory and in S3"
layer() {
    "$work/layer/layer" "embedded:$work/layer.store-$1" "$2" | tee "$work/out"
    grep -qx 'before the sync: user-1=active user-3=invited' "$work/out"
    grep -qx 'synced 4 changes of 1 partition(s), 0 failed ' "$work/out"
    grep -qx 'after the sync: user-1=active user-3=invited' "$work/out"
}
layer directory "directory:$work/snapshots"
grep -qx 'found:' "$work/out"
layer directory "directory:$work/snapshots"
grep -qx 'found: user-1=active user-3=invited' "$work/out"
grep -qx 'synced in all 8, pending 0' "$work/out"
. "$source/tests/support/npm.sh"
if npm_ready "$source/tests/layer" "S3 by s3rver"; then
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    node "$source/tests/layer/s3.mjs" "$port" "$work/s3" example &
    s3=$!
    trap 'kill $s3; rm -rf "$work"' EXIT
    for _ in $(seq 100); do
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
        sleep 0.1
    done
    export AWS_ACCESS_KEY_ID=S3RVER AWS_SECRET_ACCESS_KEY=S3RVER
    layer s3 "s3://example/cache?region=us-east-1&endpoint=http://127.0.0.1:$port"
    # As the seed's own program reads it.
    node "$source/tests/layer/outside.mjs" "http://127.0.0.1:$port" example get \
        'cache/source-table#users.json' >"$work/out"
    grep -q '"sk":"user-3"' "$work/out"
fi

echo "== what a description must not be, in words"
"$source/tests/install/refused.sh" "$compiler" "$work/prefix/include"
echo ok
