#!/usr/bin/env python3
"""`carillon store` and `carillon migrate`, through the program alone: a directory, a running server,
backup and restore, migrations between them, with an interruption in between.

    tests/e2e/store.py build/release/carillon
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from carillon import Dynamodb, finish  # noqa: E402

failures = []
ITEMS = 3000


def expect(what, got, wanted):
    if got != wanted:
        failures.append(f"{what}: got {got!r}, expected {wanted!r}")


def expect_in(what, part, text):
    if part not in text:
        failures.append(f"{what}: {part!r} is not in {text[-600:]!r}")


class Program:
    def __init__(self, program, scratch):
        self.program, self.scratch = program, scratch

    def __call__(self, *arguments, code=0, stdin=None):
        result = subprocess.run([self.program, *arguments], capture_output=True, text=True, timeout=60,
                                input=stdin, cwd=self.scratch)
        if result.returncode != code:
            failures.append(f"carillon {' '.join(arguments)}: exit code {result.returncode}, expected {code}: "
                            f"{result.stdout[-500:]}{result.stderr[-500:]}")
        return result

    def json(self, *arguments, **more):
        return json.loads(self(*arguments, "--json", **more).stdout)


def call(url, operation, **body):
    import urllib.request
    request = urllib.request.Request(url, json.dumps(body).encode(), {
        "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810." + operation})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def make_table(url, name="things"):
    call(url, "CreateTable", TableName=name, BillingMode="PAY_PER_REQUEST",
         AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"},
                               {"AttributeName": "kind", "AttributeType": "S"}],
         KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
         GlobalSecondaryIndexes=[{"IndexName": "by_kind", "Projection": {"ProjectionType": "ALL"},
                                  "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}]}])


def items(count):
    return "".join(json.dumps({"id": f"{i:05}", "kind": "odd" if i % 2 else "even", "n": i, "text": "x" * 300}) + "\n"
                   for i in range(count))


def over_a_server(run):
    """Everything that the protocol allows, on a server that has the directory open."""
    server = Dynamodb(run.program, os.path.join(run.scratch, "one")).start()
    try:
        at = ["--url", server.url]
        make_table(server.url)
        expect_in("put many", f"{ITEMS} written", run("store", "put", "things", "-", "--plain", *at,
                                                      stdin=items(ITEMS)).stdout)
        tables = run.json("store", "tables", *at)
        expect("tables", [(t["name"], t["indexes"]) for t in tables], [("things", ["by_kind"])])
        expect("get", json.loads(run("store", "get", "things", '{"id":"00007"}', "--plain", *at).stdout)["n"], 7)
        expect("query", run("store", "query", "things", "--index", "by_kind", "--key", "kind = :k", "--values",
                            '{":k":{"S":"odd"}}', "--count", *at).stdout, f"{ITEMS // 2}\n")
        expect("scan", len(run("store", "scan", "things", *at).stdout.splitlines()), ITEMS)
        stats = run.json("store", "stats", *at)
        expect("stats of a server", (stats["tables"], stats["indexes"], stats["items"]), (1, 1, ITEMS))
        expect("sizes of a server", stats["fileBytes"] > 0 and stats["memoryBytes"] > 0, True)
        refused = run("store", "restore", "copy", *at, code=2).stderr
        expect_in("what needs a directory", "into a directory", refused)
        locked = run("store", "tables", "--store", "embedded:one", code=1).stderr
        expect_in("a directory in use", "--url http://HOST:PORT", locked)
        # From the server while it runs, into a directory.
        done = run.json("migrate", "--from", server.url, "--to", "embedded:three")
        expect("migrate from a server", (done["tables"], done["items"], done["different"]), (1, ITEMS, 0))
    finally:
        server.stop()


class Transfers(threading.Thread):
    """Moves amounts between two items, in transactions, until told to stop."""

    def __init__(self, url):
        super().__init__()
        self.url, self.over, self.done, self.fault = url, threading.Event(), 0, None

    def run(self):
        def move(key, by):
            return {"Update": {"TableName": "things", "Key": {"id": {"S": key}}, "UpdateExpression": "ADD amount :by",
                               "ExpressionAttributeValues": {":by": {"N": str(by)}}}}
        try:
            while not self.over.is_set():
                call(self.url, "TransactWriteItems", TransactItems=[move("left", -1), move("right", 1)])
                self.done += 1
        except OSError as fault:
            self.fault = fault


def looked_after_while_it_runs(run):
    """Backup, check and compaction of a server that is written to all the time."""
    server = Dynamodb(run.program, os.path.join(run.scratch, "one")).start()
    try:
        at = ["--endpoint", server.url]
        for key in ("left", "right"):
            run("store", "put", "things", json.dumps({"id": key, "kind": "account", "amount": 0}), "--plain", *at)
        writers = [Transfers(server.url) for _ in range(2)]
        for writer in writers:
            writer.start()
        for number in range(3):
            before = sum(writer.done for writer in writers)
            copy = f"running{number}"
            expect_in("backup", "copied to", run("store", "backup", copy, *at).stdout)
            expect("faults while written to", run.json("store", "check", *at)["faults"], 0)
            sizes = run.json("store", "compact", *at)
            expect("sizes while written to", sizes["before"] > 0 and sizes["after"] > 0, True)
            if sum(writer.done for writer in writers) == before:
                failures.append("nothing was written meanwhile")
            # Of one instant: what left the one side has come to the other.
            expect("check of the copy", run.json("store", "check", "--store", copy)["faults"], 0)
            amounts = [json.loads(run("store", "get", "things", json.dumps({"id": key}), "--plain", "--store", copy)
                                  .stdout)["amount"] for key in ("left", "right")]
            expect("the sum of the copy", sum(amounts), 0)
            if amounts[1] < before:
                failures.append(f"the copy lacks what was acknowledged before it: {amounts} of {before}")
        run("store", "backup", "running0", *at, code=1)
        for writer in writers:
            writer.over.set()
        for writer in writers:
            writer.join()
            expect("writes meanwhile", writer.fault, None)
        for key in ("left", "right"):
            call(server.url, "DeleteItem", TableName="things", Key={"id": {"S": key}})
        print(f"{sum(writer.done for writer in writers)} transactions during three backups, checks and compactions")
    finally:
        server.stop()


def on_a_directory(run):
    at = ["--store", "embedded:one"]
    stats = run.json("store", "stats", *at)
    expect("stats", (stats["tables"], stats["items"]), (1, ITEMS))
    expect("check", run.json("store", "check", *at), {"items": ITEMS, "indexEntries": ITEMS, "faults": 0})
    expect("count", run("store", "scan", "things", "--count", "--filter", "n < :n", "--values", '{":n":10}',
                        "--plain", *at).stdout, "10\n")
    expect("typed", run("store", "get", "things", '{"id":{"S":"00001"}}', "--project", "n", *at).stdout,
           '{"n":{"N":"1"}}\n')
    expect("limit", len(run("store", "scan", "things", "--limit", "3", *at).stdout.splitlines()), 3)
    run("store", "get", "things", '{"id":{"S":"none"}}', *at, code=4)
    run("store", "get", "nothing", '{"id":{"S":"none"}}', *at, code=4)
    run("store", "scan", "things", "--filter", "n >", *at, code=2)
    run("store", "put", "things", '{"id":"00001"}', "--plain", "--if", "attribute_not_exists(id)", *at, code=1)
    expect_in("no store", "holds no store", run("store", "tables", "--store", "embedded:nowhere", code=4).stderr)
    expect("nothing was made", os.path.exists(os.path.join(run.scratch, "nowhere")), False)
    expect_in("help", "carillon store backup", run("store", "--help").stdout)


def backup_and_restore(run):
    run("store", "backup", "copy", "--store", "one")
    run("store", "backup", "copy", "--store", "one", code=1)
    run("store", "put", "things", '{"id":"later"}', "--plain", "--store", "one")
    run("store", "restore", "copy", "--store", "one", code=1)  # not empty
    expect_in("restore", f"{ITEMS} items, {ITEMS} index entries, 0 faults",
              run("store", "restore", "copy", "--store", "two").stdout)
    run("store", "get", "things", '{"id":"later"}', "--plain", "--store", "two", code=4)
    run("store", "restore", "nowhere", "--store", "four", code=4)
    sizes = run.json("store", "compact", "--store", "two")
    expect("compact keeps everything", run("store", "scan", "things", "--count", "--store", "two").stdout,
           f"{ITEMS}\n")
    expect("sizes", sizes["before"] > 0 and sizes["after"] > 0, True)
    # Damage is found.
    shutil.copytree(os.path.join(run.scratch, "two"), os.path.join(run.scratch, "damaged"))
    tables = [name for name in os.listdir(os.path.join(run.scratch, "damaged")) if name.endswith(".sst")]
    largest = max(tables, key=lambda name: os.path.getsize(os.path.join(run.scratch, "damaged", name)))
    with open(os.path.join(run.scratch, "damaged", largest), "r+b") as file:
        file.seek(os.path.getsize(file.name) // 3)
        file.write(b"\xff" * 64)
    damaged = run("store", "check", "--store", "damaged", code=1)
    expect("damage", damaged.stderr != "" or '"faults":0' not in damaged.stdout, True)


def migrations(run):
    told = run("migrate", "--from", "embedded:two", "--to", "embedded:five", "--dry-run").stdout
    expect_in("dry run", f"things: about {ITEMS} items", told)
    expect("a dry run leaves nothing to go on from",
           os.path.exists(os.path.join(run.scratch, "carillon-migrate.json")), False)
    done = run.json("migrate", "--from", "embedded:two", "--to", "embedded:five")
    expect("migrate", (done["tables"], done["items"], done["different"]), (1, ITEMS, 0))
    print(f"migrated {ITEMS} items in {done['seconds']} s")
    expect("the copy", run.json("store", "check", "--store", "five"),
           {"items": ITEMS, "indexEntries": ITEMS, "faults": 0})
    expect("the state is gone", os.path.exists(os.path.join(run.scratch, "carillon-migrate.json")), False)
    refused = run("migrate", "--from", "embedded:two", "--to", "embedded:five", code=1).stderr
    expect_in("a table with items", "--overwrite drops them first", refused)
    os.path.exists(os.path.join(run.scratch, "carillon-migrate.json")) and os.remove(
        os.path.join(run.scratch, "carillon-migrate.json"))
    done = run.json("migrate", "--from", "embedded:two", "--to", "embedded:five", "--overwrite")
    expect("overwrite", done["items"], ITEMS)
    run("migrate", "--from", "embedded:two", "--to", "embedded:two", code=2)
    run("migrate", "--from", "memory:", "--to", "embedded:six", code=2)

    # To a server, killed on the way, and on.
    server = Dynamodb(run.program, os.path.join(run.scratch, "seven")).start()
    try:
        command = [run.program, "migrate", "--from", "embedded:two", "--to", server.url, "--state", "state.json"]
        process = subprocess.Popen(command, cwd=run.scratch, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        state = os.path.join(run.scratch, "state.json")
        deadline = time.time() + 20
        while process.poll() is None and not os.path.exists(state) and time.time() < deadline:
            time.sleep(0.002)
        process.kill()
        process.wait()
        interrupted = os.path.exists(state)
        done = run.json("migrate", "--from", "embedded:two", "--to", server.url, "--state", "state.json",
                        *([] if interrupted else ["--overwrite"]))
        expect("after a kill", (done["items"], done["different"]), (ITEMS, 0))
        expect("at the server", run("store", "scan", "things", "--count", "--url", server.url).stdout, f"{ITEMS}\n")
    finally:
        server.stop()


def main():
    scratch = tempfile.mkdtemp(prefix="carillon-store-")
    run = Program(os.path.abspath(sys.argv[1]), scratch)
    try:
        for part in (over_a_server, looked_after_while_it_runs, on_a_directory, backup_and_restore, migrations):
            began = time.time()
            part(run)
            print(f"{part.__name__}: {time.time() - began:.1f} s")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    finish(failures)


if __name__ == "__main__":
    main()
