#!/usr/bin/env python3
"""A layer in a server: fed by REST and by a table's changes, killed again and again, read by command.

    tests/e2e/layer.py build/release/carillon
"""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from carillon import Server, finish  # noqa: E402

FAILURES = []
DEADLINE_S = 30


def check(holds, what):
    if not holds:
        FAILURES.append(what)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, what):
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    check(False, f"not within {DEADLINE_S} s: {what}")


def configuration(directory):
    path = os.path.join(directory, "carillon.toml")
    with open(path, "w") as file:
        file.write(f"""
[layers.users]
id = "sk"
partition = "pk"
snapshots = "directory:{directory}/snapshots"
sync-age = "200ms"

[layers.people]
id = "id"
snapshots = "directory:{directory}/snapshots"
source = "people"
feed = true
sync-count = 10
""")
    return path


def command(program, server, *arguments, code=0, text=None):
    done = subprocess.run([program, "layer", *arguments, "--server", f"http://127.0.0.1:{server.port}"],
                          capture_output=True, text=True, input=text, timeout=60)
    check(done.returncode == code, f"layer {' '.join(arguments)}: exit {done.returncode}: {done.stderr}")
    return done.stdout


def dynamodb(port, operation, request):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", "/", json.dumps(request).encode(), {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "Authorization": "AWS4-HMAC-SHA256 Credential=a/20261130/us-east-1/dynamodb/aws4_request, "
                             "SignedHeaders=host, Signature=0"})
        answer = connection.getresponse()
        body = json.loads(answer.read() or b"{}")
        check(answer.status == 200, f"{operation}: {answer.status} {body}")
        return body
    finally:
        connection.close()


class Writer(threading.Thread):
    """Counts an item of its own up, and remembers what was acknowledged."""

    def __init__(self, server, number):
        super().__init__()
        self.server, self.number = server, number
        self.acknowledged, self.stopped = 0, False

    def run(self):
        value = 0
        while not self.stopped:
            value += 1
            item = {"pk": f"p{self.number % 2}", "sk": f"w{self.number}", "value": value}
            try:
                status, _ = self.server.call("POST", "/layers/users/changes",
                                             {"changes": [{"type": "PUT", "item": item}]}, timeout_s=10)
                if status == 200:
                    self.acknowledged = value
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)


def values(server, partition):
    status, view = server.call("GET", f"/layers/users/{partition}")
    check(status == 200, f"GET /layers/users/{partition}: {status} {view}")
    return {item["sk"]: item["value"] for item in view["items"]} if status == 200 else {}


def killed(server):
    """Whatever was acknowledged before a kill is there after it, and no read is older than a write."""
    writers = [Writer(server, number) for number in range(4)]
    for writer in writers:
        writer.start()
    for _ in range(4):
        until_s = time.monotonic() + 1
        while time.monotonic() < until_s:
            before = {f"w{w.number}": w.acknowledged for w in writers}
            now = {**values(server, "p0"), **values(server, "p1")}
            for name, value in before.items():
                check(now.get(name, 0) >= value, f"stale: {name} {now.get(name)} < {value}")
        server.kill()
        before = {f"w{w.number}": w.acknowledged for w in writers}
        server.start()
        now = {**values(server, "p0"), **values(server, "p1")}
        for name, value in before.items():
            check(now.get(name, 0) >= value, f"lost: {name} {now.get(name)} < {value}")
    for writer in writers:
        writer.stopped = True
    for writer in writers:
        writer.join()
    check(all(writer.acknowledged > 10 for writer in writers), "writers got nowhere")


def commanded(program, server):
    check(command(program, server, "list") == "people\nusers\n", "layer list")
    command(program, server, "set", "users", text='{"pk":"c","sk":"b","n":1}\n{"pk":"c","sk":"a","n":2}\n')
    command(program, server, "set", "users", "--type", "DELETE", "-d", '{"pk":"c","sk":"b"}')
    check(command(program, server, "get", "users", "c") == '{"n":2,"pk":"c","sk":"a"}\n', "layer get")
    command(program, server, "sync", "users")
    meta = json.loads(command(program, server, "meta", "users", "--json"))
    check(meta["unsyncedTotal"] == 0 and meta["syncedTotal"] > 0, f"layer meta: {meta}")
    command(program, server, "compact", "users")
    check(command(program, server, "get", "users", "c") == '{"n":2,"pk":"c","sk":"a"}\n', "get after compact")
    check(command(program, server, "get", "users", "c", "--as-of", "-1d") == "", "before it all began")
    command(program, server, "get", "nothing", code=4)
    command(program, server, "set", "users", "-d", "[]", code=2)


def followed(program, server, port):
    """A table's changes reach the layer, over restarts of the server."""
    def names():
        return [json.loads(line)["name"] for line in command(program, server, "get", "people").splitlines()]

    # The layer has been waiting for it.
    dynamodb(port, "CreateTable", {
        "TableName": "people", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]})
    for number in range(30):
        dynamodb(port, "PutItem", {"TableName": "people", "Item": {
            "id": {"S": f"i{number:02}"}, "name": {"S": f"n{number}"}}})
    until(lambda: len(names()) == 30, "30 items from the table")
    server.kill()
    server.start()
    dynamodb(port, "DeleteItem", {"TableName": "people", "Key": {"id": {"S": "i00"}}})
    dynamodb(port, "PutItem", {"TableName": "people", "Item": {"id": {"S": "i01"}, "name": {"S": "new"}}})
    until(lambda: names()[0] == "new" and len(names()) == 29, "the last changes of the table")
    command(program, server, "reset", "people")
    check(len(names()) == 29, "items after a reset")


def main(program):
    directory = tempfile.mkdtemp(prefix="carillon-layer-")
    port = free_port()
    store = os.path.join(directory, "store")
    try:
        server = Server(program, store, "--dynamodb-port", str(port), "--config", configuration(directory),
                        port=free_port()).start()
        killed(server)
        commanded(program, server)
        followed(program, server, port)
        check(server.stop() == 0, "the server ends with 0")
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    finish(FAILURES)


if __name__ == "__main__":
    main(sys.argv[1])
