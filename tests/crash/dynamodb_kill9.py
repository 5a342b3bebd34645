#!/usr/bin/env python3
"""Kills `carillon dynamodb` with SIGKILL under 32 writers, again and again, and checks the books.

Writers do conditional increments (read a version, write the next one if nobody was faster),
transfers between accounts (one transaction with a client token: two balances and a receipt), and
inserts that compete for one key. In the end: every acknowledged write is there, exactly once; what
was not acknowledged happened as a whole or not at all; balances, counts and the index agree.

    tests/crash/dynamodb_kill9.py build/release/carillon [--seconds 20] [--kills 6] [--writers 32] [--seed N]
"""

import argparse
import collections
import http.client
import json
import os
import random
import shutil
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from carillon import Server, finish  # noqa: E402

TABLE = "books"
COUNTERS = 24
ACCOUNTS = 40
OPENING_BALANCE = 1000
UNIQUE_KEYS_AHEAD = 8
GIVE_UP_S = 30


class Dynamodb(Server):
    def command(self):
        return [self.program, "dynamodb", "--store", f"embedded:{self.directory}", "--port", str(self.port),
                *self.arguments]


class NoAnswer(Exception):
    """The server died before it answered: the request may have happened."""


class Refused(Exception):
    def __init__(self, status, body):
        super().__init__(f"{status} {body}")
        self.status = status
        self.type = body.get("__type", "").split("#")[-1]
        self.body = body


class Client:
    """One keep-alive connection; each thread has its own."""

    def __init__(self, server):
        self.server = server
        self.connection = None

    def call(self, operation, request):
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=30)
            self.connection.request("POST", "/", json.dumps(request).encode(), {
                "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"DynamoDB_20120810.{operation}"})
            answer = self.connection.getresponse()
            body = json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            if self.connection is not None:
                self.connection.close()
            self.connection = None
            raise NoAnswer() from error
        if answer.status != 200:
            raise Refused(answer.status, body)
        return body

    def insist(self, operation, request):
        """Asks until there is an answer; only for what may be repeated."""
        deadline = time.monotonic() + GIVE_UP_S
        while True:
            try:
                return self.call(operation, request)
            except NoAnswer:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)


def text(value):
    return {"S": str(value)}


def number(value):
    return {"N": str(value)}


class Journal:
    """What the writers know. Lists and sets only grow; every writer appends to its own entries."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged = collections.Counter()
        self.lost_races = collections.Counter()
        self.unanswered = collections.Counter()
        self.increments = {}    # operation id -> (counter, acknowledged)
        self.transfers = {}     # token -> (from, to, amount, "done" | "refused" | "unknown")
        self.inserts = collections.defaultdict(list)  # key -> [(value, acknowledged)]
        self.newest_key = 0
        self.faults = []

    def note(self, kind, outcome):
        with self.lock:
            {"done": self.acknowledged, "refused": self.lost_races, "unknown": self.unanswered}[outcome][kind] += 1

    def fault(self, what):
        with self.lock:
            self.faults.append(what)


class Writer(threading.Thread):
    def __init__(self, number_, server, journal, seed, stop):
        super().__init__(daemon=True)
        self.name_ = f"w{number_}"
        self.client = Client(server)
        self.journal = journal
        self.chance = random.Random(seed)
        self.stop = stop
        self.count = 0
        self.unique_at = 0

    def run(self):
        while not self.stop.is_set():
            try:
                self.chance.choice((self.increment, self.transfer, self.insert))()
            except NoAnswer:
                time.sleep(0.02)
            except Exception as error:  # pylint: disable=broad-except
                self.journal.fault(f"{self.name_}: {error!r}")
                return

    def new_id(self):
        self.count += 1
        return f"{self.name_}-{self.count}"

    def increment(self):
        counter = self.chance.randrange(COUNTERS)
        key = {"pk": text(f"counter{counter}")}
        read = self.client.call("GetItem", {"TableName": TABLE, "Key": key, "ConsistentRead": True})
        version = int(read["Item"]["version"]["N"])
        operation = self.new_id()
        outcome = "unknown"
        try:
            self.client.call("UpdateItem", {
                "TableName": TABLE, "Key": key, "ConditionExpression": "version = :seen",
                "UpdateExpression": "SET version = :next, steps = steps + :one ADD ids :id",
                "ExpressionAttributeValues": {":seen": number(version), ":next": number(version + 1),
                                              ":one": number(1), ":id": {"SS": [operation]}}})
            outcome = "done"
        except Refused as refused:
            if refused.type != "ConditionalCheckFailedException":
                raise
            outcome = "refused"
        finally:
            self.journal.increments[operation] = (counter, outcome)
            self.journal.note("increments", outcome)

    def transfer(self):
        source, target = self.chance.sample(range(ACCOUNTS), 2)
        amount = self.chance.randint(1, 60)
        token = self.new_id()
        account = {"TableName": TABLE, "UpdateExpression": "SET balance = balance + :n"}
        request = {"ClientRequestToken": token, "TransactItems": [
            {"Update": {**account, "Key": {"pk": text(f"account{source}")}, "ConditionExpression": "balance >= :least",
                        "ExpressionAttributeValues": {":n": number(-amount), ":least": number(amount)}}},
            {"Update": {**account, "Key": {"pk": text(f"account{target}")},
                        "ExpressionAttributeValues": {":n": number(amount)}}},
            {"Put": {"TableName": TABLE, "ConditionExpression": "attribute_not_exists(pk)",
                     "Item": {"pk": text(f"receipt-{token}"), "source": text(source), "target": text(target),
                              "amount": number(amount)}}},
        ]}
        # Half of the writers repeat what was not answered, which the token makes harmless.
        call = self.client.insist if self.chance.random() < 0.5 else self.client.call
        outcome = "unknown"
        try:
            call("TransactWriteItems", request)
            outcome = "done"
        except Refused as refused:
            if refused.type != "TransactionCanceledException":
                raise
            reasons = [reason["Code"] for reason in refused.body["CancellationReasons"]]
            if reasons[2] == "ConditionalCheckFailed":
                self.journal.fault(f"the token of {token} was forgotten")
            outcome = "refused"
        finally:
            self.journal.transfers[token] = (source, target, amount, outcome)
            self.journal.note("transfers", outcome)

    def insert(self):
        # All writers go through the same keys in about the same order, so that they meet.
        self.unique_at = max(self.unique_at, self.journal.newest_key - UNIQUE_KEYS_AHEAD) + 1
        self.journal.newest_key = max(self.journal.newest_key, self.unique_at)
        key, value = self.unique_at, self.new_id()
        outcome = "unknown"
        try:
            self.client.call("PutItem", {"TableName": TABLE, "ConditionExpression": "attribute_not_exists(pk)",
                                         "Item": {"pk": text(f"unique{key}"), "value": text(value)}})
            outcome = "done"
        except Refused as refused:
            if refused.type != "ConditionalCheckFailedException":
                raise
            outcome = "refused"
        finally:
            with self.journal.lock:
                self.journal.inserts[key].append((value, outcome))
            self.journal.note("inserts", outcome)


def set_up(client):
    client.call("CreateTable", {
        "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"},
                                 {"AttributeName": "source", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [{"IndexName": "by-source", "Projection": {"ProjectionType": "ALL"},
                                    "KeySchema": [{"AttributeName": "source", "KeyType": "HASH"}]}]})
    items = [{"pk": text(f"counter{n}"), "version": number(0), "steps": number(0)} for n in range(COUNTERS)]
    items += [{"pk": text(f"account{n}"), "balance": number(OPENING_BALANCE)} for n in range(ACCOUNTS)]
    for first in range(0, len(items), 25):
        client.call("BatchWriteItem", {"RequestItems": {
            TABLE: [{"PutRequest": {"Item": item}} for item in items[first:first + 25]]}})


def read_all(client, operation, request):
    items, start = [], {}
    while True:
        page = client.call(operation, {"TableName": TABLE, **request, **start})
        items += page["Items"]
        if "LastEvaluatedKey" not in page:
            return items
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def check_increments(items, journal):
    failures = []
    for counter in range(COUNTERS):
        item = items[f"counter{counter}"]
        stored = set(item.get("ids", {}).get("SS", []))
        version, total = int(item["version"]["N"]), int(item["steps"]["N"])
        if not version == total == len(stored):
            failures.append(f"counter {counter}: version {version}, total {total}, {len(stored)} operations")
        mine = {i: outcome for i, (c, outcome) in journal.increments.items() if c == counter}
        lost = [i for i, outcome in mine.items() if outcome == "done" and i not in stored]
        ghosts = [i for i in stored if mine.get(i) not in ("done", "unknown")]
        if lost:
            failures.append(f"counter {counter}: {len(lost)} acknowledged increments are lost, e.g. {lost[:3]}")
        if ghosts:
            failures.append(f"counter {counter}: {len(ghosts)} refused increments happened, e.g. {ghosts[:3]}")
    return failures


def check_transfers(client, items, journal):
    failures = []
    receipts = {pk.removeprefix("receipt-"): item for pk, item in items.items() if pk.startswith("receipt-")}
    balances = [OPENING_BALANCE] * ACCOUNTS
    for item in receipts.values():
        balances[int(item["source"]["S"])] -= int(item["amount"]["N"])
        balances[int(item["target"]["S"])] += int(item["amount"]["N"])
    stored = [int(items[f"account{n}"]["balance"]["N"]) for n in range(ACCOUNTS)]
    if stored != balances:
        failures.append(f"balances {stored} do not follow from the receipts: {balances}")
    if sum(stored) != ACCOUNTS * OPENING_BALANCE or min(stored) < 0:
        failures.append(f"the balances sum up to {sum(stored)}, the least is {min(stored)}")
    lost = [t for t, entry in journal.transfers.items() if entry[3] == "done" and t not in receipts]
    ghosts = [t for t in receipts if journal.transfers.get(t, (0, 0, 0, "never sent"))[3] not in ("done", "unknown")]
    if lost:
        failures.append(f"{len(lost)} acknowledged transfers are lost, e.g. {lost[:3]}")
    if ghosts:
        failures.append(f"{len(ghosts)} refused transfers happened, e.g. {ghosts[:3]}")
    for account in range(ACCOUNTS):
        found = read_all(client, "Query", {"IndexName": "by-source", "KeyConditionExpression": "#s = :s",
                                           "ExpressionAttributeNames": {"#s": "source"},
                                           "ExpressionAttributeValues": {":s": text(account)}})
        expected = {t for t, item in receipts.items() if item["source"]["S"] == str(account)}
        if {item["pk"]["S"].removeprefix("receipt-") for item in found} != expected or len(found) != len(expected):
            failures.append(f"the index has {len(found)} receipts of account {account}, the table {len(expected)}")
    return failures


def check_inserts(items, journal):
    failures = []
    for key, attempts in journal.inserts.items():
        winners = [value for value, outcome in attempts if outcome == "done"]
        possible = [value for value, outcome in attempts if outcome == "unknown"]
        item = items.get(f"unique{key}")
        value = item["value"]["S"] if item else None
        if len(winners) > 1:
            failures.append(f"key {key} was inserted {len(winners)} times: {winners}")
        elif winners and value != winners[0]:
            failures.append(f"key {key}: {winners[0]} was acknowledged, {value} is stored")
        elif not winners and value is None and any(outcome == "refused" for _, outcome in attempts):
            failures.append(f"key {key}: refused as taken, and nothing is stored")
        elif not winners and value is not None and value not in possible:
            failures.append(f"key {key}: {value} is stored, which nobody may have inserted")
    return failures


def run(server, options, chance):
    journal, stop = Journal(), threading.Event()
    set_up(Client(server))
    writers = [Writer(n, server, journal, chance.random(), stop) for n in range(options.writers)]
    for writer in writers:
        writer.start()
    begun = time.monotonic()
    restarts = []
    for moment in sorted(chance.uniform(0.5, options.seconds - 0.5) for _ in range(options.kills)):
        time.sleep(max(0.0, begun + moment - time.monotonic()))
        server.kill()
        killed = time.monotonic()
        server.start()
        restarts.append(time.monotonic() - killed)
    time.sleep(max(0.0, begun + options.seconds - time.monotonic()))
    stop.set()
    for writer in writers:
        writer.join(GIVE_UP_S + 10)
        if writer.is_alive():
            journal.fault(f"{writer.name_} hangs")
    # Once more, so that what is checked comes from the disk.
    server.kill()
    server.start()
    return journal, restarts


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--writers", type=int, default=32)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    chance = random.Random(options.seed)
    scratch = tempfile.mkdtemp(prefix="carillon-crash-")
    server = Dynamodb(options.program, os.path.join(scratch, "store")).start()
    try:
        journal, restarts = run(server, options, chance)
        client = Client(server)
        items = {item["pk"]["S"]: item for item in read_all(client, "Scan", {"ConsistentRead": True})}
        failures = journal.faults[:10]
        failures += check_increments(items, journal)
        failures += check_transfers(client, items, journal)
        failures += check_inserts(items, journal)
        for kind in ("increments", "transfers", "inserts"):
            print(f"{kind}: {journal.acknowledged[kind]} acknowledged, {journal.lost_races[kind]} refused, "
                  f"{journal.unanswered[kind]} unanswered")
            if journal.acknowledged[kind] == 0:
                failures.append(f"no {kind} were acknowledged: the test tested nothing")
        print(f"kills {len(restarts) + 1}  slowest restart {max(restarts, default=0):.2f} s  items {len(items)}")
        code = server.stop()
        if code != 0:
            failures.append(f"the server ended with exit code {code} on SIGTERM")
    finally:
        if server.alive():
            server.kill()
    if failures:
        print(f"the store is kept at {scratch}; the end of the server's log:\n{server.log_tail()}")
    else:
        shutil.rmtree(scratch)
    finish(failures)


if __name__ == "__main__":
    main()
