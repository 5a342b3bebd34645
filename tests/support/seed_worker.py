#!/usr/bin/env python3
"""A worker that writes an outbox's table exactly as seed 001's TypeScript v2 worker does.

Its writes are those of that program, faults included: completions, failures and recoveries have no
condition, batches are handled one event after the other, the lease counts from the beginning of the
poll, final failures leave the index. Every event is posted to the receiver with the worker's name.

    tests/support/seed_worker.py ENDPOINT TABLE RECEIVER_URL NAME [--poll-ms 100] [--timeout-ms 5000]
"""

import argparse
import http.client
import json
import random
import sys
import time
import urllib.parse


class Table:
    """DynamoDB's protocol, as far as the worker needs it."""

    def __init__(self, endpoint, name):
        address = urllib.parse.urlsplit(endpoint)
        self.host, self.port, self.name = address.hostname, address.port, name
        self.connection = None

    def call(self, operation, **request):
        body = json.dumps({"TableName": self.name, **request})
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"DynamoDB_20120810.{operation}",
                   "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/local/dynamodb/aws4_request, "
                                    "SignedHeaders=host, Signature=0"}
        for attempt in range(20):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
                self.connection.request("POST", "/", body, headers)
                answer = self.connection.getresponse()
                document = json.loads(answer.read())
            except (OSError, http.client.HTTPException):
                self.connection = None
                time.sleep(0.05 * (attempt + 1))
                continue
            if answer.status == 200:
                return document, None
            fault = document["__type"].rsplit("#", 1)[-1]
            if answer.status < 500:
                return None, fault
        raise RuntimeError(f"{operation}: no answer from the table's server")

    def scan(self):
        items, start = [], {}
        while True:
            answer, fault = self.call("Scan", **start)
            if fault:
                raise RuntimeError(f"Scan: {fault}")
            items += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return items
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def query(self, status, until=None, limit=None, forward=True):
        request = {"IndexName": "status-gsiSortKey-index", "KeyConditionExpression": "#s = :s",
                   "ExpressionAttributeNames": {"#s": "status"}, "ExpressionAttributeValues": {":s": {"S": status}},
                   "ScanIndexForward": forward}
        if until is not None:
            request["KeyConditionExpression"] += " AND gsiSortKey <= :now"
            request["ExpressionAttributeValues"][":now"] = {"N": str(until)}
        if limit is not None:
            request["Limit"] = limit
        answer, fault = self.call("Query", **request)
        if fault:
            raise RuntimeError(f"Query: {fault}")
        return answer["Items"]

    def update(self, event_id, expression, values, condition=None):
        names = {f"#{name}": name for name in ("status",)}
        request = {"Key": {"id": {"S": event_id}}, "UpdateExpression": expression, "ExpressionAttributeNames": names}
        if values:
            request["ExpressionAttributeValues"] = values
        if condition:
            request["ConditionExpression"] = condition
        _, fault = self.call("UpdateItem", **request)
        if fault not in (None, "ConditionalCheckFailedException"):
            raise RuntimeError(f"UpdateItem: {fault}")
        return fault is None


def now_ms():
    return int(time.time() * 1000)


class Worker:
    def __init__(self, table, receiver, name, timeout_ms, max_retries=5, base_backoff_ms=1000):
        self.table, self.name, self.timeout_ms = table, name, timeout_ms
        self.max_retries, self.base_backoff_ms = max_retries, base_backoff_ms
        address = urllib.parse.urlsplit(receiver)
        self.receiver = (address.hostname, address.port)

    def claim(self, item, started):
        return self.table.update(
            item["id"]["S"], "SET #status = :active, gsiSortKey = :until, startedOn = :now",
            {":active": {"S": "active"}, ":created": {"S": "created"}, ":now": {"N": str(started)},
             ":until": {"N": str(started + self.timeout_ms)}},
            "#status = :created OR (#status = :active AND gsiSortKey <= :now)")

    def handle(self, item):
        """Whether the receiver took it."""
        connection = http.client.HTTPConnection(*self.receiver, timeout=10)
        try:
            connection.request("POST", f"/{self.name}/{item['type']['S']}",
                               json.dumps({"id": item["id"]["S"], "type": item["type"]["S"]}),
                               {"Content-Type": "application/json", "webhook-id": item["id"]["S"]})
            answer = connection.getresponse()
            answer.read()
            return answer.status < 300
        finally:
            connection.close()

    def complete(self, item):
        self.table.update(item["id"]["S"], "SET #status = :completed, completedOn = :now REMOVE gsiSortKey",
                          {":completed": {"S": "completed"}, ":now": {"N": str(now_ms())}})

    def fail(self, item, message):
        count = int(item.get("retryCount", {"N": "0"})["N"]) + 1
        if count >= self.max_retries:
            self.table.update(
                item["id"]["S"],
                "SET #status = :failed, retryCount = :n, lastError = :e, nextRetryAt = :now REMOVE gsiSortKey",
                {":failed": {"S": "failed"}, ":n": {"N": str(count)}, ":e": {"S": message},
                 ":now": {"N": str(now_ms())}})
            return
        backoff = self.base_backoff_ms * 2 ** (count - 1)
        backoff = max(0, int(backoff * random.uniform(0.9, 1.1)))
        self.table.update(
            item["id"]["S"], "SET #status = :created, retryCount = :n, lastError = :e, gsiSortKey = :at",
            {":created": {"S": "created"}, ":n": {"N": str(count)}, ":e": {"S": message},
             ":at": {"N": str(now_ms() + backoff)}})

    def poll(self, batch_size=50):
        for item in self.table.query("active", until=now_ms()):
            self.fail(item, "Processing timeout")
        started = now_ms()
        due = self.table.query("created", until=started, limit=batch_size)
        for item in [item for item in due if self.claim(item, started)]:
            if self.handle(item):
                self.complete(item)
            else:
                self.fail(item, "the receiver refused it")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("endpoint")
    parser.add_argument("table")
    parser.add_argument("receiver")
    parser.add_argument("name")
    parser.add_argument("--poll-ms", type=int, default=1000)
    parser.add_argument("--timeout-ms", type=int, default=30000)
    parser.add_argument("--backoff-ms", type=int, default=1000)
    arguments = parser.parse_args()
    worker = Worker(Table(arguments.endpoint, arguments.table), arguments.receiver, arguments.name,
                    arguments.timeout_ms, base_backoff_ms=arguments.backoff_ms)
    print("ready", flush=True)
    while True:
        try:
            worker.poll()
        except (RuntimeError, OSError, http.client.HTTPException) as error:
            print(f"polling failed: {error}", file=sys.stderr, flush=True)
        time.sleep(arguments.poll_ms / 1000)


if __name__ == "__main__":
    main()
