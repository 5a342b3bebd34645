#!/usr/bin/env bash
# The outbox on a directory, over Carillon's own DynamoDB endpoint, and through the brokers that are
# installed here, each started on loopback for the measurement.
#
#   bench/outbox.sh [--quick]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${CARILLON_BUILD:-$root/build/release}
program=$build/bench/carillon_bench_outbox
scratch=$(mktemp -d)
children=()
end() {
    for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
    wait || true
    rm -rf "$scratch"
}
trap end EXIT
cd "$scratch"

port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
await() {  # PORT: until something takes connections there.
    for _ in $(seq 300); do
        (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
        sleep 0.1
    done
    echo "nothing listens on port $1" >&2
    return 1
}
start() { "$@" >>"$scratch/log" 2>&1 & children+=($!); }

"$program" "$@"

table=$(port)
start "$build/carillon" dynamodb --port "$table" --store "embedded:$scratch/tables"
await "$table"
"$program" "$@" "http://127.0.0.1:$table"

if command -v nats-server >/dev/null; then
    nats=$(port)
    start nats-server -a 127.0.0.1 -p "$nats" -js -sd "$scratch/nats"
    await "$nats"
    python3 - "$nats" <<'END'
import json, socket, sys
stream = json.dumps({"name": "events", "subjects": ["events.>"], "storage": "file"}).encode()
server = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
server.sendall(b'CONNECT {"verbose":false}\r\nSUB _INBOX.1 1\r\n'
               b"PUB $JS.API.STREAM.CREATE.events _INBOX.1 %d\r\n%s\r\n" % (len(stream), stream))
told = b""
while b"did_create" not in told:
    told += server.recv(4096)
END
    "$program" "$@" "nats://127.0.0.1:$nats"
fi

if command -v redis-server >/dev/null; then
    redis=$(port)
    start redis-server --bind 127.0.0.1 --port "$redis" --dir "$scratch" --appendonly yes --save ""
    await "$redis"
    "$program" "$@" "redis://127.0.0.1:$redis"
fi

if [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] && command -v epmd >/dev/null; then
    rabbit=$(port) names=$(port) between=$(port)
    export HOME=$scratch ERL_EPMD_PORT=$names ERL_EPMD_ADDRESS=127.0.0.1
    export RABBITMQ_NODENAME=carillon$rabbit@localhost RABBITMQ_NODE_IP_ADDRESS=127.0.0.1
    export RABBITMQ_NODE_PORT=$rabbit RABBITMQ_DIST_PORT=$between RABBITMQ_PID_FILE=$scratch/pid
    export RABBITMQ_MNESIA_BASE=$scratch/mnesia RABBITMQ_LOG_BASE=$scratch/rabbit
    export RABBITMQ_CONFIG_FILE=$scratch/none RABBITMQ_CONF_ENV_FILE=$scratch/none-env
    export RABBITMQ_ENABLED_PLUGINS_FILE=$scratch/plugins
    export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}"
    start epmd -port "$names" -address 127.0.0.1
    await "$names"
    start /usr/lib/rabbitmq/bin/rabbitmq-server
    await "$rabbit"
    /usr/lib/rabbitmq/bin/rabbitmqctl eval 'rabbit_amqqueue:declare(
        {resource, <<"/">>, queue, <<"events.bench">>}, true, false, [], none, <<"bench">>).' >>"$scratch/log" 2>&1
    "$program" "$@" "amqp://127.0.0.1:$rabbit"
fi
