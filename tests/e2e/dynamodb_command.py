#!/usr/bin/env python3
"""`carillon dynamodb` as its users start, stop and misuse it.

    tests/e2e/dynamodb_command.py build/release/carillon
"""

import datetime
import hashlib
import hmac
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from carillon import Server, finish  # noqa: E402

FAILURES = []


def check(holds, what):
    if not holds:
        FAILURES.append(what)


class Dynamodb(Server):
    """`directory` holds the log; the store is what `arguments` say."""

    command_name = "dynamodb"

    def command(self):
        return [self.program, self.command_name, "--port", str(self.port), *self.arguments]

    def ask(self, operation, request, headers=None, host=None):
        connection = http.client.HTTPConnection(host or self.host, self.port, timeout=20)
        try:
            connection.request("POST", "/", json.dumps(request).encode(), {
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": f"DynamoDB_20120810.{operation}", **(headers or {})})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        finally:
            connection.close()


class WithEndpoint(Server):
    """`carillon serve` with the endpoint beside it."""

    def start(self, timeout_s=30):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.endpoint_port = probe.getsockname()[1]
        self.arguments += ["--dynamodb-port", str(self.endpoint_port)]
        return super().start(timeout_s)


def run(program, *arguments, **environment):
    """(exit code, standard error) of a start that should fail."""
    result = subprocess.run([program, "dynamodb", *arguments], capture_output=True, timeout=20, check=False,
                            env={**os.environ, **environment})
    return result.returncode, result.stderr.decode()


CREATE = {"TableName": "things", "BillingMode": "PAY_PER_REQUEST",
          "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
          "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
PUT = {"TableName": "things", "Item": {"id": {"S": "a"}}}


def signed(server, operation, body, key, secret, region="eu-central-1"):
    """Headers of a request signed with version 4."""
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    headers = {"content-type": "application/x-amz-json-1.0", "host": f"{server.host}:{server.port}",
               "x-amz-date": stamp, "x-amz-target": f"DynamoDB_20120810.{operation}"}
    names = ";".join(headers)
    digest = hashlib.sha256(json.dumps(body).encode()).hexdigest()
    canonical = "\n".join(["POST", "/", "", *(f"{n}:{v}" for n, v in headers.items()), "", names, digest])
    scope = f"{stamp[:8]}/{region}/dynamodb/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signing = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        signing = hmac.new(signing, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(signing, text.encode(), hashlib.sha256).hexdigest()
    return {"X-Amz-Date": stamp, "Authorization": f"AWS4-HMAC-SHA256 Credential={key}/{scope}, "
                                                  f"SignedHeaders={names}, Signature={signature}"}


def default_is_in_memory(program, scratch):
    server = Dynamodb(program, os.path.join(scratch, "memory")).start()
    check(server.ask("CreateTable", CREATE)[0] == 200, "CreateTable over memory")
    check(server.ask("PutItem", PUT)[0] == 200, "PutItem over memory")
    connection = http.client.HTTPConnection(server.host, server.port, timeout=20)
    connection.request("GET", "/")
    answer = connection.getresponse()
    check(answer.status == 200 and answer.read().startswith(b"healthy: dynamodb."), "the health check")
    connection.close()
    if socket.has_ipv6:
        try:
            status, _ = server.ask("ListTables", {}, host="::1")
            check(status == 200, "the other loopback address")
        except OSError as error:
            print(f"no IPv6 here: {error}")
    code, error = run(program, "--port", str(server.port))
    check(code == 1 and "--port" in error and "in use" in error, f"an address that is taken: {code} {error}")
    check("embedded:DIR" in server.log_tail(), "the log says how to keep tables")
    server.process.send_signal(signal.SIGINT)
    check(server.process.wait(20) == 0, "SIGINT ends it orderly")


def directories_keep_tables(program, scratch):
    store = os.path.join(scratch, "tables")
    server = Dynamodb(program, os.path.join(scratch, "x"), "--store", f"embedded:{store}").start()
    server.ask("CreateTable", CREATE)
    server.ask("PutItem", PUT)
    code, error = run(program, "--port", "0", "--store", f"embedded:{store}")
    check(code == 1 and "in use by another process" in error, f"a store that is in use: {code} {error}")
    check(server.stop() == 0, "SIGTERM ends it orderly")
    server.start()
    status, answer = server.ask("GetItem", {"TableName": "things", "Key": {"id": {"S": "a"}}})
    check((status, answer.get("Item")) == (200, {"id": {"S": "a"}}), f"after a restart: {status} {answer}")
    server.stop()


def mistakes_are_told(program, scratch):
    for arguments, code, part in [
            (["--host", "0.0.0.0"], 2, "--allow-anyone"),
            (["--verify-signatures"], 2, "--access-key"),
            (["--access-key", "A=b"], 2, "--verify-signatures"),
            (["--store", "dir"], 2, "embedded:DIR"),
            (["--port", "http"], 2, "--port"),
            (["--prot", "1"], 2, "--prot")]:
        got, error = run(program, "--port", "0", *arguments, AWS_ACCESS_KEY_ID="")
        check(got == code and part in error, f"{arguments}: {got} {error}")
    broken = os.path.join(scratch, "broken.toml")
    with open(broken, "w") as file:
        file.write("[dynamodb]\nprot = 1\n")
    code, error = run(program, "--config", broken)
    check(code == 2 and "broken.toml:2" in error, f"a mistake in the file: {code} {error}")


def signatures_are_verified(program, scratch):
    keys = os.path.join(scratch, "keys")
    with open(keys, "w") as file:
        file.write("# of the test\nALICE=al/ice+secret=\n\nBOB=bob\n")
    server = Dynamodb(program, os.path.join(scratch, "x"), "--verify-signatures", "--access-key-file", keys).start()
    for key, secret, status, name in [("ALICE", "al/ice+secret=", 200, None), ("BOB", "bob", 200, None),
                                      ("BOB", "bobby", 400, "InvalidSignatureException"),
                                      ("EVE", "eve", 400, "UnrecognizedClientException")]:
        got, answer = server.ask("ListTables", {}, signed(server, "ListTables", {}, key, secret))
        check(got == status and (name is None or name in answer["__type"]), f"signed by {key}: {got} {answer}")
    got, answer = server.ask("ListTables", {})
    check(got == 400 and "MissingAuthenticationToken" in answer["__type"], f"unsigned: {got} {answer}")
    check("ice+secret" not in server.log_tail(1000), "no secret is logged")
    server.stop()


def the_file_and_the_environment_count(program, scratch):
    file_name = os.path.join(scratch, "carillon.toml")
    with open(file_name, "w") as file:
        file.write(f'port = 1\n[dynamodb]\nregion = "eu-west-3"\nstore = "embedded:{scratch}/configured"\n')
    server = Dynamodb(program, os.path.join(scratch, "x"), "--config", file_name).start()
    _, answer = server.ask("CreateTable", CREATE)
    check(":eu-west-3:" in answer["TableDescription"]["TableArn"], f"the region of the file: {answer}")
    server.stop()
    check(os.path.isdir(os.path.join(scratch, "configured")), "the store of the file")


def the_scheduler_shares_its_store(program, scratch):
    server = WithEndpoint(program, os.path.join(scratch, "shared")).start()
    status, answer = server.call("POST", "/webhooks", {"namespace": "e2e", "method": "GET", "url": "http://127.0.0.1:9/x", "id": "seen",
                                                  "schedule": "2099-01-01T00:00:00.000Z"})
    check(status in (200, 201), f"a registration: {status} {answer}")
    endpoint = Dynamodb(program, "", port=server.endpoint_port)
    check("webhooks" in endpoint.ask("ListTables", {})[1]["TableNames"], "the scheduler's table is there")
    _, page = endpoint.ask("Scan", {"TableName": "webhooks"})
    check("seen" in json.dumps(page), f"the webhook can be read: {page}")
    check(endpoint.ask("CreateTable", CREATE)[0] == 200, "a table beside it")
    for port, part in ((server.endpoint_port, ""), (server.port, "has one at --dynamodb-port")):
        told = subprocess.run([program, "store", "stats", "--url", f"http://127.0.0.1:{port}"],
                              capture_output=True, timeout=20, check=False)
        check((told.returncode == 0) == (not part) and part in told.stderr.decode(),
              f"store stats at port {port}: {told.returncode} {told.stderr.decode()}")
    check(server.stop() == 0, "both end orderly")


def main():
    program = os.path.abspath(sys.argv[1])
    scratch = tempfile.mkdtemp(prefix="carillon-e2e-")
    for scenario in (default_is_in_memory, directories_keep_tables, mistakes_are_told, signatures_are_verified,
                     the_file_and_the_environment_count, the_scheduler_shares_its_store):
        scenario(program, scratch)
        print(f"{scenario.__name__.replace('_', ' ')}: {len(FAILURES)} failures so far")
    shutil.rmtree(scratch)
    finish(FAILURES)


if __name__ == "__main__":
    main()
