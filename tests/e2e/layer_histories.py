#!/usr/bin/env python3
"""Histories of a layer that several servers share, while what it stands on fails.

One DynamoDB (`carillon dynamodb`, on disk) is killed once and started again. Two servers take the writes
of 8 writers; two others sync, and are killed at random all the time. Snapshots lie in an S3 server behind
a front that fails, loses answers and delays. 4 readers read whole partitions from all four. Beside it, a
layer follows a table by its change stream, fed by whichever of the killed servers lives.

Every operation is recorded with its begin and end. What must hold, item by item: a read shows no state
older than a write that was acknowledged before it began, none that a write has not begun to make, none
older than what a read that had ended before it showed (so nothing vanishes); in the end all that was
acknowledged is there, counted, and read alike by a server that has just started.

    tests/e2e/layer_histories.py build/release/carillon [--seconds 20] [--seed N]
"""

import argparse
import http.client
import json
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from histories import ABSENT, Item, judge  # noqa: E402
from s3 import KEYS, S3, Front  # noqa: E402
from shared import Sharer, Trial  # noqa: E402

WRITERS, READERS, PARTITIONS, ITEMS = 8, 4, 3, 3
SETTLED_S = 60


class Writer(threading.Thread):
    def __init__(self, number, servers, seed, until):
        super().__init__()
        self.servers, self.random, self.until = servers, random.Random(seed), until
        self.items = [Item(f"p{n % PARTITIONS}", f"w{number}-{n}") for n in range(ITEMS)]
        self.acknowledged = self.repeated = 0

    def change(self, item):
        item.begin(ABSENT if self.random.random() < 0.2 else len(item.states))
        state = item.states[-1][0]
        kind = "DELETE" if state is ABSENT else "PUT"
        return {"type": kind, "item": {"pk": item.partition, "sk": item.name, "state": state}}

    def run(self):
        while time.monotonic() < self.until:
            # One of them, or all in one call.
            chosen = self.items if self.random.random() < 0.3 else [self.random.choice(self.items)]
            changes = [self.change(item) for item in chosen]
            # What is not acknowledged is set again until it is.
            while True:
                try:
                    status, _ = self.random.choice(self.servers).call(
                        "POST", "/layers/users/changes", {"changes": changes}, timeout_s=120)
                    if status == 200:
                        break
                except (OSError, http.client.HTTPException):
                    pass
                self.repeated += len(changes)
                time.sleep(0.05)
            for item in chosen:
                item.end()
            self.acknowledged += len(changes)


class Reader(threading.Thread):
    def __init__(self, servers, seed, until):
        super().__init__()
        self.servers, self.random, self.until = servers, random.Random(seed), until
        self.reads, self.unanswered = [], 0  # (begin, end, partition, states by name)

    def run(self):
        while time.monotonic() < self.until:
            partition = f"p{self.random.randrange(PARTITIONS)}"
            begun = time.monotonic()
            try:
                status, view = self.random.choice(self.servers).call("GET", f"/layers/users/{partition}",
                                                                     timeout_s=120)
            except (OSError, http.client.HTTPException):
                status = 0
            if status != 200:
                self.unanswered += 1
                time.sleep(0.02)
                continue
            states = {item["sk"]: item["state"] for item in view["items"]}
            self.reads.append((begun, time.monotonic(), partition, states))


class Table(threading.Thread):
    """Writes a table itself, whose changes a layer follows."""

    def __init__(self, store, seed, until):
        super().__init__()
        self.store, self.random, self.until = store, random.Random(seed), until
        self.writes = 0

    def ask(self, operation, request):
        connection = http.client.HTTPConnection(self.store.host, self.store.port, timeout=30)
        try:
            connection.request("POST", "/", json.dumps(request).encode(), {
                "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"DynamoDB_20120810.{operation}",
                "Authorization": "AWS4-HMAC-SHA256 Credential=a/20261130/us-east-1/dynamodb/aws4_request, "
                                 "SignedHeaders=host, Signature=0"})
            answer = connection.getresponse()
            body = json.loads(answer.read())
            if answer.status != 200:
                raise OSError(f"{operation}: {answer.status} {body}")
            return body
        finally:
            connection.close()

    def create(self):
        self.ask("CreateTable", {
            "TableName": "shared-people", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]})

    def run(self):
        number = 0
        while time.monotonic() < self.until:
            number += 1
            key = {"id": {"S": f"i{self.random.randrange(40):02}"}}
            try:
                if self.random.random() < 0.2:
                    self.ask("DeleteItem", {"TableName": "shared-people", "Key": key})
                else:
                    self.ask("PutItem", {"TableName": "shared-people", "Item": {**key, "n": {"N": str(number)}}})
                self.writes += 1
            except (OSError, http.client.HTTPException):
                pass  # The table itself says in the end what was written.
            time.sleep(0.01)

    def content(self):
        items = self.ask("Scan", {"TableName": "shared-people"})["Items"]
        return {item["id"]["S"]: int(item["n"]["N"]) for item in items}


class Killer(threading.Thread):
    """Kills a syncer, lets it lie for a while, and starts it again; the store once, half-way."""

    def __init__(self, syncers, store, seed, begun, until):
        super().__init__()
        self.syncers, self.store, self.random = syncers, store, random.Random(seed)
        self.begun, self.until = begun, until
        self.kills, self.store_kills, self.error = 0, 0, None

    def run(self):
        try:
            while time.monotonic() < self.until:
                time.sleep(self.random.uniform(0.2, 1.5))
                if not self.store_kills and time.monotonic() > (self.begun + self.until) / 2:
                    self.store.kill()
                    self.store.start()
                    self.store_kills += 1
                victim = self.random.choice(self.syncers)
                victim.kill()
                self.kills += 1
                time.sleep(self.random.uniform(0, 0.5))
                victim.start()
        except (RuntimeError, OSError) as error:
            self.error = str(error)


def judge_all(writers, readers, failures):
    for item in (item for writer in writers for item in writer.items):
        reads = sorted((begun, ended, states.get(item.name)) for reader in readers
                       for begun, ended, partition, states in reader.reads if partition == item.partition)
        judge(item, reads, failures)
        if len(failures) > 5:
            return


def configuration(path, front, bucket, syncs):
    ages = 'sync-age = "100ms"\nsync-count = 20\nlease = "2s"' if syncs else 'sync-age = "1h"\nlease = "2s"'
    place = f"s3://{bucket}/%s?region=us-east-1&endpoint={front.url}"
    with open(path, "w") as file:
        file.write(f'[layers.users]\nid = "sk"\npartition = "pk"\nsnapshots = "{place % "users"}"\n{ages}\n')
        if syncs:
            file.write(f'\n[layers.people]\nid = "id"\nsnapshots = "{place % "people"}"\n{ages}\n'
                       'source = "people"\nfeed = true\n')
    return path


def start(trial, program, store, name, config):
    os.makedirs(os.path.join(trial.scratch, name))
    server = Sharer(program, os.path.join(trial.scratch, name, "store"), store, "--config", config)
    trial.started.append(server)
    return server.start()


def settle(what, holds, failures):
    deadline = time.monotonic() + SETTLED_S
    while time.monotonic() < deadline:
        if holds():
            return
        time.sleep(0.2)
    failures.append(f"not within {SETTLED_S} s: {what}")


def end_state(servers, writers, failures):
    """What was acknowledged is there, whoever reads it, and has been counted."""
    server = servers[0]

    def synced():
        try:
            server.call("POST", "/layers/users/sync", {})
            return server.call("GET", "/layers/users/meta")[1]["unsyncedTotal"] == 0
        except (OSError, http.client.HTTPException, KeyError, TypeError):
            return False

    settle("everything is synced", synced, failures)
    for one in servers:
        for number in range(PARTITIONS):
            status, view = one.call("GET", f"/layers/users/p{number}")
            shown = {item["sk"]: item["state"] for item in view["items"]} if status == 200 else {}
            wanted = {item.name: item.states[-1][0] for writer in writers for item in writer.items
                      if item.partition == f"p{number}" and item.states[-1][0] is not ABSENT}
            if shown != wanted:
                failures.append(f"in the end p{number} holds {shown}, expected {wanted}")
    meta = server.call("GET", "/layers/users/meta")[1]
    least = sum(writer.acknowledged for writer in writers)
    most = least + sum(writer.repeated for writer in writers)
    if not least <= meta["syncedTotal"] <= most:
        failures.append(f"{meta['syncedTotal']} changes were synced, expected {least} to {most}")
    return meta


def trial_of(arguments, trial):
    os.environ.update(KEYS)
    s3 = S3(os.path.join(trial.scratch, "s3"), "histories")
    front = Front(s3.port, arguments.seed)
    try:
        store = trial.start_dynamodb(arguments.program)
        plain = configuration(os.path.join(trial.scratch, "plain.toml"), front, s3.bucket, False)
        syncing = configuration(os.path.join(trial.scratch, "syncing.toml"), front, s3.bucket, True)
        takers = [start(trial, arguments.program, store, name, plain) for name in ("a", "b")]
        syncers = [start(trial, arguments.program, store, name, syncing) for name in ("c", "d")]
        begun = time.monotonic()
        until = begun + arguments.seconds
        seeds = random.Random(arguments.seed)
        writers = [Writer(n, takers, seeds.random(), until) for n in range(WRITERS)]
        readers = [Reader(takers + syncers, seeds.random(), until) for _ in range(READERS)]
        table = Table(store, seeds.random(), until)
        table.create()
        killer = Killer(syncers, store, seeds.random(), begun, until)
        threads = [*writers, *readers, table, killer]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if killer.error:
            trial.failures.append(killer.error)
            return
        faults = f"S3: {front.passed} passed, {front.failed} failed, {front.lost} answers lost, {front.delayed} late"
        front.calm = True
        judge_all(writers, readers, trial.failures)
        fresh = start(trial, arguments.program, store, "e", syncing)
        meta = end_state([fresh, *takers], writers, trial.failures)
        settle("the layer shows what the table holds", lambda: table.content() == {
            item["id"]: item["n"] for item in fresh.call("GET", "/layers/people")[1]["items"]}, trial.failures)
        print(f"{sum(w.acknowledged for w in writers)} writes acknowledged ({sum(w.repeated for w in writers)} set "
              f"again), {sum(len(r.reads) for r in readers)} reads ({sum(r.unanswered for r in readers)} without an "
              f"answer), {meta['syncedTimes']} syncs, {table.writes} writes to the followed table")
        print(f"{killer.kills} kills of syncers, {killer.store_kills} of the store; {faults}")
        least = (killer.kills, meta["syncedTimes"], sum(len(r.reads) for r in readers))
        if not all(least):
            trial.failures.append(f"too little happened: {least} kills, syncs, reads")
        trial.stop([*takers, *syncers, fresh])
    finally:
        front.close()
        s3.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    if arguments.seed is None:
        arguments.seed = random.randrange(1 << 32)
    print(f"seed {arguments.seed}, {arguments.seconds:g} s", flush=True)
    with Trial("layer-histories") as trial:
        trial_of(arguments, trial)


if __name__ == "__main__":
    main()
