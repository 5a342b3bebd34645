#!/usr/bin/env bash
# All benchmarks, one after the other: what `./dev bench` calls after building.
#
#   bench/run.sh [--peers DIR] [--quick] [--only NAME]
#
# --peers DIR   a peer benchmark folder (graphile-worker, BullMQ ...; it is copied to a scratch place, set
#               up with npm and run there): Carillon joins as external/carillon and stands in one table with
#               them, measured in the same run. PEERS and SCENARIOS choose, as that folder's README says.
# --quick       small counts: shows that every benchmark runs, not what it reaches.
# --only NAME   engine, queue, queue_head, records, schedules, layer, outbox (on a directory, over HTTP, through the
#               brokers that are installed, and beside the peers), recurrence (beside croner, cron-parser and
#               rrule.js where npm can fetch them), dynamodb (beside dynalite, and DynamoDB Local where
#               $DYNAMODB_LOCAL_DIR is), scenarios or peers.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${CARILLON_BUILD:-$root/build/release}
peers=${CARILLON_PEERS_DIR:-}
quick=false
only=
while [ $# -gt 0 ]; do
    case $1 in
        --peers) peers=$2; shift 2 ;;
        --quick) quick=true; shift ;;
        --only) only=$2; shift 2 ;;
        *) sed -n '2,14p' "$0"; exit 2 ;;
    esac
done
chosen() { [ -z "$only" ] || [ "$only" = "$1" ]; }
title() { printf '\n== %s\n' "$1"; }
flag=; $quick && flag=--quick

for name in engine queue queue_head records; do
    if chosen $name; then
        title "$name"
        "$build/bench/carillon_bench_$name" $flag
    fi
done

if chosen schedules; then
    title "schedules"
    "$build/bench/carillon_bench_schedules" $flag
fi

# A copy of the peers' folder in a scratch place. PostgreSQL runs as a user of its own there.
scratch=
copy_peers() {
    scratch=$(mktemp -d)
    chmod 755 "$scratch"
    trap 'rm -rf "$scratch"' EXIT
    cp -r "$peers/." "$scratch/"
    chmod -R u+w "$scratch"
}

if chosen outbox; then
    title "outbox"
    CARILLON_BUILD=$build "$root/bench/outbox.sh" $flag
    if [ -n "$peers" ]; then
        title "outbox beside peers"
        copy_peers
        mkdir -p "$scratch/external/carillon-outbox" "$root/bench/results"
        printf '#!/usr/bin/env bash\nexec %q --json "$@"\n' "$build/bench/carillon_bench_outbox" \
            > "$scratch/external/carillon-outbox/run"
        chmod +x "$scratch/external/carillon-outbox/run"
        (cd "$scratch" && PEERS="${PEERS:-graphile bullmq-always bullmq-everysec}" \
            SCENARIOS="drain pickup" ./run.sh)
        cp "$scratch/results/results.md" "$root/bench/results/outbox.md"
        cat "$root/bench/results/outbox.md"
        rm -rf "$scratch"
    fi
fi

if chosen layer; then
    title "layer"
    "$build/bench/carillon_bench_layer" $flag
fi

if chosen recurrence; then
    title "recurrence"
    . "$root/tests/support/npm.sh"
    if npm_ready "$root/tests/recurrence" "the comparison with others"; then
        node "$root/bench/recurrence.mjs" "$build/bench/carillon_bench_recurrence"
    else
        "$build/bench/carillon_bench_recurrence"
    fi
fi

if chosen dynamodb; then
    title "dynamodb"
    CARILLON_BUILD=$build "$root/bench/dynamodb/run.sh" $flag
fi

if chosen scenarios && [ -z "$peers" ]; then
    title "the peers' scenarios, Carillon alone (--peers DIR measures others in the same run)"
    n=20000; $quick && n=2000
    for scenario in enqueue enqueue_batch drain pickup delayed http25 http100; do
        count=$n
        case $scenario in enqueue_batch | drain) count=$((n * 5)) ;; pickup) count=$((n / 10)) ;; esac
        for variant in server library; do
            [ $variant = server ] && [ $scenario = drain ] && continue
            VARIANT=$variant "$root/bench/peers/run" $scenario $count
        done
    done
fi

if [ -n "$peers" ] && { chosen peers || chosen scenarios; }; then
    title "beside peers"
    copy_peers
    for variant in server library; do
        name=carillon; [ $variant = library ] && name=carillon-library
        mkdir -p "$scratch/external/$name"
        printf '#!/usr/bin/env bash\nCARILLON_BUILD=%q VARIANT=%s exec %q "$@"\n' \
            "$build" $variant "$root/bench/peers/run" > "$scratch/external/$name/run"
        chmod +x "$scratch/external/$name/run"
    done
    (cd "$scratch" && PEERS="${PEERS:-graphile bullmq-always bullmq-everysec}" ./run.sh)
    mkdir -p "$root/bench/results"
    cp "$scratch/results/results.md" "$scratch/results/results.jsonl" "$root/bench/results/"
    cat "$root/bench/results/results.md"
fi
