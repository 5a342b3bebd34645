#!/usr/bin/env python3
"""What a person does in the first hour, through the program alone: demo, serve, listen, every
`carillon webhook` command, configuration, signals and exit codes; then the same over REST.

    tests/e2e/journey.py build/release/carillon
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from carillon import Server, finish, iso  # noqa: E402
from cli import Cli, Listener, expect, expect_in, failures  # noqa: E402

def wait_status(cli, id, status, timeout_s=15):
    deadline = time.time() + timeout_s
    webhook = None
    while time.time() < deadline:
        webhook = cli.json("webhook", "get", id)
        if webhook["status"] == status:
            return webhook
        time.sleep(0.05)
    failures.append(f"{id}: is {webhook and webhook['status']}, expected {status}")
    return webhook


def check_add_and_ring(cli, listener):
    url = listener.url
    cli("webhook", "add", url + "/now", "--id", "now")
    call = listener.wait("now")[0]
    expect("now: method", call["method"], "GET")
    expect("now: attempt", call["attempt"], 1)
    if not 0 <= call["latenessMs"] < 1000:
        failures.append(f"now: the listener says {call['latenessMs']} ms late")
    wait_status(cli, "now", "COMPLETED")

    began = time.time()
    out = cli("webhook", "add", url + "/later", "-d", '{"order":7}', "-H", "X-Key: k", "--in", "1500ms", "--id", "later")
    expect_in("add", "later rings in", out.stdout)
    call = listener.wait("later")[0]
    late = time.time() - began
    if not 1.4 < late < 3:
        failures.append(f"later: came after {late:.2f} s instead of 1.5 s")
    expect("later: method", call["method"], "POST")
    expect("later: body", json.loads(call["body"]), {"order": 7})
    expect("later: own header", call["headers"].get("x-key"), "k")
    expect("later: content type", call["headers"].get("content-type"), "application/json")

    quiet = cli("webhook", "add", url + "/quiet", "-q", "--at", "+1h").stdout.strip()
    expect("quiet: an id alone", len(quiet), 36)
    expect("quiet: status", cli.json("webhook", "get", quiet)["status"], "PENDING")

    with open(os.path.join(cli.scratch, "body.json"), "w") as file:
        file.write('{"from":"file"}')
    cli("webhook", "add", url + "/file", "-d", "@body.json", "--id", "file")
    expect("file: body", json.loads(listener.wait("file")[0]["body"]), {"from": "file"})
    cli("webhook", "add", url + "/stdin", "-d", "-", "--id", "stdin", stdin="plain text")
    expect("stdin: body", listener.wait("stdin")[0]["body"], "plain text")

    same = ("webhook", "add", url + "/same", "--id", "same", "--at", "2099-01-01T00:00:00Z")
    cli(*same)
    cli(*same)
    expect_in("same id, another request", "id", cli(*same[:-1], "2098-01-01T00:00:00Z", code=1).stderr)


def check_repeat(cli, listener):
    cli("webhook", "add", listener.url + "/tick", "--every", "1s", "--max", "2", "--id", "tick")
    first, second, third = listener.wait("tick", 3)
    occurrences = [cli.json("webhook", "get", id)["webhookId"] for id in ("tick", "tick__1", "tick__2")]
    expect("tick: each occurrence has its own webhook-id", [call["id"] for call in (first, second, third)], occurrences)
    expect("tick: no id twice", len(set(occurrences)), 3)
    for earlier, later in ((first, second), (second, third)):
        gap = seconds(later["at"]) - seconds(earlier["at"])
        if not 0.8 < gap < 1.5:
            failures.append(f"tick: {gap:.3f} s between rings instead of 1 s")
    time.sleep(1.5)
    expect("tick: rings in all", len(listener.rings("tick")), 3)
    expect("tick: all listed", len(cli.json("webhook", "list", "--id-prefix", "tick")["items"]), 3)


def seconds(instant):
    whole, fraction = instant[:-1].split(".")
    return time.mktime(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float("0." + fraction)


def check_failures(cli, program):
    flaky = Listener(program, "--status", "500")
    cli("webhook", "add", flaky.url + "/never", "--retries", "1", "--id", "never")
    flaky.wait("never", 2)
    webhook = wait_status(cli, "never", "FAILED")
    expect("never: attempts told to the receiver", [c["attempt"] for c in flaky.calls], [1, 2])
    expect("never: errors", len(webhook["errors"]), 2)
    expect("never: response", webhook["response"]["status"], 500)
    expect_in("never: sheet", "FAILED", cli("webhook", "get", "never").stdout)
    cli("webhook", "retry", "never")
    flaky.wait("never", 4)
    wait_status(cli, "never", "FAILED")
    expect("flaky listener's exit code", flaky.stop(), 0)


def check_states(cli, listener):
    cli("webhook", "add", listener.url + "/s", "--id", "s1", "--in", "1h")
    cli("webhook", "suspend", "s1")
    expect("s1", cli.json("webhook", "get", "s1")["status"], "SUSPENDED")
    cli("webhook", "suspend", "s1", code=1)
    cli("webhook", "unsuspend", "s1")
    expect("s1", cli.json("webhook", "get", "s1")["status"], "PENDING")
    cli("webhook", "retry", "s1", code=1)
    expect_in("rm", "s1 deleted", cli("webhook", "rm", "s1").stdout)
    expect_in("get of what is gone", "webhook list", cli("webhook", "get", "s1", code=4).stderr)
    cli("webhook", "rm", "s1", code=4)


def check_many(cli, listener):
    for n in range(5):
        cli("webhook", "add", listener.url, "--id", f"m{n}", "--in", "1h", "-n", "many")
    dry = cli.json("webhook", "trigger", "--dry-run", "--at", "+2h", "-n", "many")
    expect("dry run", dry["count"], 5)
    expect("list", cli.json("webhook", "list", "-n", "many")["count"], 5)
    page = cli.json("webhook", "list", "-n", "many", "--limit", "2")
    expect("page", page["count"], 2)
    expect("all pages", cli.json("webhook", "list", "-n", "many", "--limit", "2", "--all")["count"], 5)
    rest = cli.json("webhook", "list", "-n", "many", "--limit", "4", "--start-key", page["lastEvaluatedKey"])
    expect("next page", [item["id"] for item in rest["items"]], ["m2", "m3", "m4"])
    newest = cli.json("webhook", "list", "-n", "many", "--desc", "--limit", "1")["items"][0]["id"]
    expect("latest first", newest, "m4")
    table = cli("webhook", "list", "-n", "many").stdout
    expect("table lines", len(table.splitlines()), 6)
    if "\x1b" in table:
        failures.append("the table has colours although it is not on a terminal")
    expect_in("suspend --all", "5 suspended", cli("webhook", "suspend", "--all", "-n", "many").stdout)
    expect_in("rm by status", "0 deleted", cli("webhook", "rm", "--status", "PENDING", "-n", "many").stdout)
    expect_in("rm by prefix", "1 deleted", cli("webhook", "rm", "--id-prefix", "m4", "-n", "many").stdout)
    expect_in("clear", "4 deleted", cli("webhook", "rm", "--all", "-n", "many").stdout)
    expect("list after clear", cli.json("webhook", "list", "-n", "many")["count"], 0)
    cli("webhook", "trigger")


def check_usage(cli, program, scratch):
    cli("webhook", "add", code=2)
    cli("webhook", "rm", code=2)
    cli("webhook", "add", "https://example.com", "--in", "soon", code=2)
    expect_in("no server", "carillon serve", cli("webhook", "list", "--server", "http://127.0.0.1:1", code=3).stderr)
    expect_in("bad url", "url", cli("webhook", "add", "nonsense", code=1).stderr)
    expect_in("private target", "url", cli("webhook", "add", "http://10.0.0.1/", code=1).stderr)
    expect_in("version", "carillon 0.", cli("version").stdout)
    expect_in("help", "carillon demo", cli("--help").stdout)
    for arguments, part in [
        (("serve", "--store", "postgres://x/y"), "this build has no engine"),
        (("serve", "--host", "0.0.0.0"), "authentication"),
        (("serve", "--port", "70000"), "--port"),
        (("serve", "--signing-secret", "hunter2"), "signing-secret"),
    ]:
        result = cli(*arguments, code=2)
        expect_in(" ".join(arguments), part, result.stderr)
        if "hunter2" in result.stderr + result.stdout:
            failures.append("a secret is repeated in an error")
    with open(os.path.join(scratch, "bad.toml"), "w") as file:
        file.write('store = "memory:"\nprot = 1\n')
    expect_in("bad toml", "bad.toml:2: unknown key 'prot'", cli("serve", "--config", "bad.toml", code=2).stderr)


def check_second_server(cli, server, program):
    result = subprocess.run(server.command(), capture_output=True, text=True, timeout=30)
    expect("a second server on the directory: exit code", result.returncode, 1)
    expect_in("a second server on the directory", "error:", result.stderr)
    taken = cli("serve", "--store", "memory:", "--port", str(server.port), code=1)
    expect_in("a port that is taken", "error:", taken.stderr)


def check_rest(server, listener):
    strange = "a/b#c d%é"
    path = "/webhooks/rest/" + urllib.parse.quote(strange, safe="")
    status, made = server.call("POST", "/webhooks", {
        "namespace": "rest", "id": strange, "url": listener.url + "/x?b=2&a=1&b=3", "schedule": iso(time.time() + 3600)})
    expect("strange id: status", status, 201)
    expect("strange id", server.call("GET", path)[1], made)
    for field in ("namespace", "id", "url", "method", "schedule", "headers", "body", "repeat", "retries", "errors",
                  "status", "response", "__createdAt", "__updatedAt"):
        if field not in made:
            failures.append(f"the webhook has no {field}: {made}")
    expect("suspend", server.call("POST", path + "/suspend")[1]["status"], "SUSPENDED")
    expect("conflict", server.call("POST", path + "/suspend")[0], 409)
    expect("unsuspend", server.call("POST", path + "/unsuspend")[1]["status"], "PENDING")
    expect("delete", server.call("DELETE", path)[1]["id"], strange)
    expect("gone", server.call("GET", path)[0], 404)

    body = {"namespace": "rest", "url": listener.url + "/once", "schedule": "2099-01-01T01:00:00+01:00"}
    first = server.call("POST", "/webhooks", body, {"Idempotency-Key": "k 1"})
    again = server.call("POST", "/webhooks", body, {"Idempotency-Key": "k 1"})
    expect("idempotency: statuses", (first[0], again[0]), (201, 200))
    expect("idempotency: same webhook", first[1], again[1])
    expect("offset became UTC", first[1]["schedule"], "2099-01-01T00:00:00.000Z")
    changed = server.call("POST", "/webhooks", {**body, "method": "PUT"}, {"Idempotency-Key": "k 1"})
    expect("idempotency: other request", changed[0], 409)
    status, report = server.call("POST", "/webhooks", [body, {**body, "url": "x"}, body], {"Idempotency-Key": "k 2"})
    expect("batch", (status, report["count"], report["errors"]), (200, 2, 1))
    status, repeated = server.call("POST", "/webhooks", [body, {**body, "url": "x"}, body], {"Idempotency-Key": "k 2"})
    expect("batch again", [entry["status"] for entry in repeated["results"]], [200, 400, 200])

    for path in ("/health", "/ready", "/live", "/"):
        expect(path, server.call("GET", path)[0], 200)
    document = server.call("GET", "/openapi.json")[1]
    expect("openapi", document["openapi"], "3.1.0")
    for path in ("/webhooks", "/webhooks/{namespace}/{id}", "/webhooks/{namespace}/{id}/retry", "/webhooks/trigger"):
        if path not in document["paths"]:
            failures.append(f"/openapi.json lacks {path}")
    metrics = raw_get(server, "/metrics")
    for name in ("carillon_http_requests_total", "carillon_store_writes"):
        expect_in("/metrics", name, metrics)


def raw_get(server, path, method="GET"):
    with socket.create_connection((server.host, server.port), timeout=10) as connection:
        connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        raw = b""
        while more := connection.recv(65536):
            raw += more
    return raw.decode()


def check_head(server):
    head = raw_get(server, "/health", "HEAD")
    expect_in("HEAD", "200 OK", head)
    expect("HEAD has no body", head.split("\r\n\r\n", 1)[1], "")
    expect_in("X-Request-Id", "x-request-id: ", head.lower())


def check_restart(server, cli, listener):
    """What is held when the server stops rings after the next start."""
    cli("webhook", "add", listener.url + "/over", "--id", "over", "--in", "2s")
    expect("SIGTERM: exit code", server.stop(), 0)
    time.sleep(2.2)
    if listener.rings("over"):
        failures.append("over rang although no server ran")
    server.port = int(cli.environment["CARILLON_SERVER"].rsplit(":", 1)[1])
    server.start()
    listener.wait("over")
    wait_status(cli, "over", "COMPLETED")


def check_demo(program, scratch):
    began = time.time()
    result = subprocess.run([program, "demo"], capture_output=True, text=True, timeout=60, cwd=scratch)
    took = time.time() - began
    expect("demo: exit code", result.returncode, 0)
    expect_in("demo", "nothing lost", result.stdout)
    for name, rings in (("at-once", 1), ("soon", 1), ("every-second", 3), ("flaky", 3)):
        lines = [line for line in result.stdout.splitlines() if f"  {name} " in line and " attempt " in line]
        expect(f"demo: {name}", len(lines), rings)
    if took > 20:
        failures.append(f"the demonstration took {took:.0f} s")
    print(result.stdout)


def main():
    program = os.path.abspath(sys.argv[1])
    scratch = tempfile.mkdtemp(prefix="carillon-journey-")
    check_demo(program, scratch)
    listener = Listener(program)
    server = Server(program, os.path.join(scratch, "store"), "--log-level", "warn", "--retry-base", "200ms").start()
    cli = Cli(program, server, scratch)
    try:
        check_add_and_ring(cli, listener)
        check_repeat(cli, listener)
        check_failures(cli, program)
        check_states(cli, listener)
        check_many(cli, listener)
        check_usage(cli, program, scratch)
        check_second_server(cli, server, program)
        check_rest(server, listener)
        check_head(server)
        check_restart(server, cli, listener)
        expect("the end: exit code", server.stop(), 0)
        expect("the listener's exit code", listener.stop(), 0)
    finally:
        if server.alive():
            print(server.log_tail())
            server.kill()
        if listener.process.poll() is None:
            listener.process.kill()
    shutil.rmtree(scratch)
    finish(failures)


if __name__ == "__main__":
    main()
