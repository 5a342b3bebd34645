#!/usr/bin/env python3
"""The outbox from the command line: every `carillon event` command, bad input, order and parking, and
what becomes of completed events.

    tests/e2e/events.py build/release/carillon
"""

import os
import shutil
import socket
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from carillon import Receiver, Server, finish  # noqa: E402
from cli import Cli, expect, expect_in, failures  # noqa: E402
from seed_worker import Table  # noqa: E402


def wait_status(cli, id, *statuses, timeout_s=15):
    deadline = time.time() + timeout_s
    while True:
        event = cli.json("event", "get", id)
        if event["status"] in statuses:
            return event
        if time.time() > deadline:
            failures.append(f"{id}: is {event['status']}, expected {' or '.join(statuses)}")
            return event
        time.sleep(0.05)


def check_emit(cli, receiver):
    made = cli("event", "emit", "order.placed", "-d", '{"order":7}').stdout.strip()
    expect("emit: an id alone", len(made), 36)
    event = wait_status(cli, made, "completed")
    expect("emit: payload", event["payload"], {"order": 7})
    expect("emit: attempts that failed", event["retryCount"], 0)

    cli("event", "emit", "order.placed", "-d", "plain text", "--id", "mine", "--priority", "9")
    event = wait_status(cli, "mine", "completed")
    expect("emit: what is not JSON is text", event["payload"], "plain text")
    expect("emit: priority", event["priority"], 9)
    expect_in("get: for people", "status        completed", cli("event", "get", "mine").stdout)
    again = cli("event", "emit", "order.placed", "-d", "plain text", "--id", "mine")
    expect("the same again: its id", again.stdout.strip(), "mine")
    expect_in("another of the id", "mine", cli("event", "emit", "order.placed", "-d", "{}", "--id", "mine", code=1).stderr)
    time.sleep(0.3)
    expect("mine: came once", len([r for r in receiver.receipts if r.webhook_id == "mine"]), 1)

    cli("event", "emit", "order.reminder", "--due", "+1h", "--id", "later")
    event = cli.json("event", "get", "later")
    expect("later: status", event["status"], "created")
    expect_in("later: in the list", "later", cli("event", "list", "--status", "created").stdout)


def check_dead_letters(cli):
    expect_in("list without dead letters", "no events are failed", cli("event", "list").stderr)
    cli("event", "emit", "broken.one", "--id", "broken-1", "--key", "k")
    cli("event", "emit", "order.placed", "--id", "behind", "--key", "k")
    cli("event", "emit", "order.placed", "--id", "beside", "--key", "other")
    event = wait_status(cli, "broken-1", "failed")
    expect("broken-1: attempts", event["retryCount"], 2)
    expect_in("broken-1: error", "503", event["lastError"])
    expect_in("list: the dead letter", "broken-1", cli("event", "list").stdout)
    expect("list: of another type", cli("event", "list", "--type", "order.*").stdout, "")
    wait_status(cli, "beside", "completed")
    event = wait_status(cli, "behind", "parked")
    expect_in("behind: why", "broken-1", event.get("parkedBecause", ""))
    expect_in("list: why it is parked", "given up", cli("event", "list", "--status", "parked").stdout)

    cli("event", "emit", "nobody.cares", "--id", "unknown")
    event = wait_status(cli, "unknown", "parked")
    expect_in("unknown: why", "nobody handles", event["parkedBecause"])

    expect_in("retry: one", "1 due again now", cli("event", "retry", "broken-1").stdout)
    wait_status(cli, "broken-1", "failed")
    expect_in("retry: what is completed", "skipped 1", cli("event", "retry", "beside").stdout)
    expect_in("retry: what is not there", "missing 1", cli("event", "retry", "ghost", code=1).stdout)
    expect("retry: by type", cli.json("event", "retry", "--type", "broken.*")["count"], 1)
    wait_status(cli, "broken-1", "failed")
    expect_in("purge", "1 deleted", cli("event", "purge", "--status", "failed", "--type", "broken.*").stdout)
    cli("event", "get", "broken-1", code=4)
    wait_status(cli, "behind", "completed")
    kept = cli.json("event", "purge", "--status", "completed", "--before", "-1h")["count"]
    expect("purge: nothing is that old", kept, 0)
    gone = cli.json("event", "purge", "--status", "completed", "--type", "order.*")["count"]
    expect("purge: completed ones", gone >= 4, True)


def check_tail(cli):
    cli("event", "emit", "order.reminder", "--due", "+1h", "--id", "seen")
    lines = cli("event", "tail", "--count", "2").stdout.splitlines()
    expect("tail: lines", len(lines), 2)
    expect("tail: what it shows", {line.split()[0] for line in lines} <= {"created", "parked"}, True)


def check_bad_input(cli):
    for what, code, part, arguments in (
            ("no command", 2, "", ("event",)),
            ("emit without a type", 2, "TYPE", ("event", "emit")),
            ("a time that is none", 2, "--due", ("event", "emit", "t", "--due", "sometime")),
            ("a payload that is no JSON", 2, "-d", ("event", "emit", "t", "-d", "{broken")),
            ("a priority out of range", 2, "--priority", ("event", "emit", "t", "--priority", "10")),
            ("a star in a type", 1, "type", ("event", "emit", "order.*")),
            ("a type that is too long", 1, "type", ("event", "emit", "t" * 257)),
            ("a key that is too long", 1, "key", ("event", "emit", "t", "--key", "k" * 257)),
            ("an id that is too long", 1, "id", ("event", "emit", "t", "--id", "i" * 257)),
            ("a status that there is not", 2, "--status", ("event", "list", "--status", "lost")),
            ("get without an id", 2, "", ("event", "get")),
            ("an id that there is not", 4, "carillon event list", ("event", "get", "ghost")),
            ("which id there is not", 4, "ghost", ("event", "get", "ghost")),
            ("retry of completed ones", 2, "--status", ("event", "retry", "--status", "completed")),
            ("purge of waiting ones", 2, "--status", ("event", "purge", "--status", "created")),
            ("purge without a status", 2, "--status", ("event", "purge")),
            ("purge before no time", 2, "--before", ("event", "purge", "--status", "failed", "--before", "yesterday")),
            ("a server that is not there", 3, "", ("event", "list", "--server", "http://127.0.0.1:1"))):
        result = cli(*arguments, code=code)
        expect_in(what, part, result.stderr)


def check_retention(program, scratch, receiver):
    for retention in ("keep", "expire", "archive", "remove"):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = Server(program, os.path.join(scratch, retention), "--log-level", "warn",
                        "--events", f"*={receiver.url}/{retention}", "--events-table", "told",
                        "--events-retention", retention, "--events-completed-ttl", "1s",
                        "--dynamodb-port", str(port)).start()
        try:
            status, _ = server.call("POST", "/events", {"id": "e1", "type": "order.placed", "payload": {"n": 1}})
            expect(f"{retention}: emitted", status, 201)
            deadline = time.time() + 10
            while time.time() < deadline and not [r for r in receiver.receipts if r.path == "/" + retention]:
                time.sleep(0.05)
            time.sleep(0.3 if retention != "expire" else 3)
            status, event = server.call("GET", "/events/e1")
            expect(f"{retention}: afterwards", status, 200 if retention == "keep" else 404)
            if retention == "keep":
                expect("keep: status", event["status"], "completed")
            if retention == "archive":
                archived, _ = Table(f"http://127.0.0.1:{port}", "told-archive").call(
                    "GetItem", Key={"id": {"S": "e1"}})
                expect("archive: what is there", archived.get("Item", {}).get("status"), {"S": "completed"})
        finally:
            server.stop()


def main():
    program = os.path.abspath(sys.argv[1])
    scratch = tempfile.mkdtemp(prefix="carillon-events-")
    receiver = Receiver(refuse=lambda id: (id or "").startswith("broken"))
    server = Server(program, os.path.join(scratch, "store"), "--log-level", "warn", "--events",
                    f"order.*={receiver.url}/orders?attempts=1 broken.*={receiver.url}/broken?attempts=1",
                    "--events-max-retries", "2", "--events-retry-base", "100ms", "--events-ordered", "true").start()
    cli = Cli(program, server, scratch)
    try:
        check_emit(cli, receiver)
        check_dead_letters(cli)
        check_tail(cli)
        check_bad_input(cli)
        expect("the end: exit code", server.stop(), 0)
        check_retention(program, scratch, receiver)
    finally:
        if server.alive():
            print(server.log_tail())
            server.kill()
        receiver.close()
    shutil.rmtree(scratch)
    finish(failures)


if __name__ == "__main__":
    main()
