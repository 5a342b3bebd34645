#!/usr/bin/env python3
"""Everything a client can get wrong: each must meet a 4xx problem document that names the field.

Registrations of the wrong shape, requests of the wrong form, broken HTTP, slow and half-closed
connections. After each group, and at the end, the server must still take a webhook and deliver it.

    tests/e2e/bad_input.py build/release/carillon
"""

import json
import os
import shutil
import socket
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from carillon import Receiver, Server, finish, iso  # noqa: E402

failures = []
counts = {}

GOOD = {"namespace": "bad", "url": "https://example.com/hook", "method": "POST"}


def good(**changes):
    return {**GOOD, **changes}


def without(field):
    return {key: value for key, value in GOOD.items() if key != field}


def nested(depth):
    return "[" * depth + "]" * depth


def fail(group, name, why):
    failures.append(f"{group}: {name}: {why}")


def check_problem(group, name, status, content_type, raw, statuses, field):
    counts[group] = counts.get(group, 0) + 1
    if status not in statuses:
        return fail(group, name, f"status {status}, expected {statuses}: {raw[:300]}")
    if content_type != "application/problem+json":
        return fail(group, name, f"content type {content_type}")
    try:
        problem = json.loads(raw)
    except ValueError:
        return fail(group, name, f"not JSON: {raw[:200]}")
    for key in ("type", "title", "status", "detail", "error"):
        if key not in problem:
            fail(group, name, f"the problem has no {key}: {problem}")
    if problem.get("status") != status:
        fail(group, name, f"the problem says {problem.get('status')}, the answer {status}")
    if not problem.get("detail"):
        fail(group, name, "the problem has no detail")
    if field is not None and problem.get("field") != field:
        fail(group, name, f"names {problem.get('field')!r}, expected {field!r}: {problem.get('detail')}")


def exchange(server, data, timeout_s=15, half_close=False):
    """Sends raw bytes; (status, content type, body) of the answer, or None when there is none."""
    with socket.create_connection((server.host, server.port), timeout=timeout_s) as connection:
        try:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # It may answer and close before it has read everything.
        return read_answer(connection)


def read_answer(connection):
    raw = b""
    try:
        while b"\r\n\r\n" not in raw:
            more = connection.recv(65536)
            if not more:
                return None
            raw += more
        head, body = raw.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        headers = {line.split(":", 1)[0].lower(): line.split(":", 1)[1].strip() for line in lines[1:]}
        length = int(headers.get("content-length", "0"))
        while len(body) < length:
            more = connection.recv(65536)
            if not more:
                break
            body += more
    except (OSError, ValueError):
        return None
    return int(lines[0].split(" ")[1]), headers.get("content-type"), body.decode("utf-8", "replace")


def request(method, target, body=b"", headers=(), host=True):
    lines = [f"{method} {target} HTTP/1.1"]
    if host:
        lines.append("Host: 127.0.0.1")
    lines += list(headers)
    if body or method in ("POST", "PUT"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def post(body, target="/webhooks", headers=("Content-Type: application/json",)):
    if not isinstance(body, (bytes, str)):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    return request("POST", target, body, headers)


# (name, body, field): all answered 400, but for the sizes.
REGISTRATIONS = [
    ("no namespace", without("namespace"), "namespace"),
    ("no url", without("url"), "url"),
    ("namespace is a number", good(namespace=5), "namespace"),
    ("namespace is empty", good(namespace=""), "namespace"),
    ("namespace is null", good(namespace=None), "namespace"),
    ("namespace is too long", good(namespace="n" * 2000), "namespace"),
    ("namespace with a control character", good(namespace="a\u0000b"), "namespace"),
    ("id is empty", good(id=""), "id"),
    ("id is too long", good(id="i" * 5000), "id"),
    ("id is an object", good(id={}), "id"),
    ("id with a line break", good(id="a\nb"), "id"),
    ("unknown field", good(when="now"), "when"),
    ("unknown field that nearly fits", good(Url="https://example.com"), "Url"),
    ("url is a number", good(url=1), "url"),
    ("url is empty", good(url=""), "url"),
    ("url without a scheme", good(url="example.com/hook"), "url"),
    ("url of another scheme", good(url="ftp://example.com/"), "url"),
    ("url of a file", good(url="file:///etc/passwd"), "url"),
    ("url of script", good(url="javascript:alert(1)"), "url"),
    ("url without a host", good(url="http:///path"), "url"),
    ("url with a space", good(url="https://example.com/a b"), "url"),
    ("url with a line break", good(url="https://example.com/\r\nX: 1"), "url"),
    ("url with a bad port", good(url="https://example.com:99999/"), "url"),
    ("url with a bad escape", good(url="https://example.com/%zz"), "url"),
    ("url that is too long", good(url="https://example.com/" + "x" * 9000), "url"),
    ("url with an open bracket", good(url="http://[::1/"), "url"),
    ("url of a private address", good(url="http://10.0.0.1/"), "url"),
    ("url of another private address", good(url="http://192.168.1.1:8080/x"), "url"),
    ("url of the metadata service", good(url="http://169.254.169.254/latest/meta-data"), "url"),
    ("url of an IPv6 private address", good(url="http://[fd00::1]/"), "url"),
    ("url of an IPv4-mapped private address", good(url="http://[::ffff:10.0.0.1]/"), "url"),
    ("url of IPv6 link-local", good(url="http://[fe80::1]/"), "url"),
    ("url of the unspecified address", good(url="http://0.0.0.0/"), "url"),
    ("url of multicast", good(url="http://224.0.0.1/"), "url"),
    ("method is unknown", good(method="BREW"), "method"),
    ("method in lower case", good(method="post"), "method"),
    ("method is a number", good(method=1), "method"),
    ("method with a header in it", good(method="GET / HTTP/1.1\r\nX: 1"), "method"),
    ("schedule is a number", good(schedule=1700000000000), "schedule"),
    ("schedule is no time", good(schedule="tomorrow"), "schedule"),
    ("schedule without an offset", good(schedule="2026-12-24T18:00:00"), "schedule"),
    ("schedule on no day", good(schedule="2026-02-30T00:00:00Z"), "schedule"),
    ("schedule at 24:00", good(schedule="2026-01-01T24:00:00Z"), "schedule"),
    ("schedule with blanks", good(schedule=" 2026-01-01T00:00:00Z "), "schedule"),
    ("headers are a list", good(headers=["X: 1"]), "headers"),
    ("header value is a number", good(headers={"X-A": 1}), "headers.X-A"),
    ("header value with a line break", good(headers={"X-A": "1\r\nEvil: 1"}), "headers.X-A"),
    ("header name with a blank", good(headers={"X A": "1"}), "headers"),
    ("header name with a line break", good(headers={"X\r\nEvil": "1"}), "headers"),
    ("header of the connection", good(headers={"Content-Length": "5"}), "headers.Content-Length"),
    ("header Host", good(headers={"Host": "evil"}), "headers.Host"),
    ("header twice, by case", good(headers={"X-A": "1", "x-a": "2"}), "headers.x-a"),
    ("too many headers", good(headers={f"X-{n}": "1" for n in range(500)}), "headers"),
    ("text body for a form", good(body=[1], headers={"Content-Type": "multipart/form-data"}), "body"),
    ("list as the query of a GET", good(method="GET", body=[1]), "body"),
    ("repeat is true", good(repeat=True), "repeat"),
    ("rule is a list", good(repeat={"enabled": True, "rule": [30, "minutes"]}), "repeat.rule"),
    ("repeat enabled is a text", good(repeat={"enabled": "yes"}), "repeat.enabled"),
    ("unit is unknown", good(repeat={"enabled": True, "rule": {"interval": 1, "unit": "years"}}), "repeat.rule.unit"),
    ("interval is zero", good(repeat={"enabled": True, "rule": {"interval": 0, "unit": "minutes"}}), "repeat.rule.interval"),
    ("interval is negative", good(repeat={"enabled": True, "rule": {"interval": -5, "unit": "days"}}), "repeat.rule.interval"),
    ("interval under a second", good(repeat={"enabled": True, "rule": {"interval": 0.1, "unit": "seconds"}}), "repeat.rule.interval"),
    ("interval is a text", good(repeat={"enabled": True, "rule": {"interval": "1", "unit": "days"}}), "repeat.rule.interval"),
    ("max is negative", good(repeat={"enabled": True, "rule": {"interval": 1, "unit": "days", "max": -1}}), "repeat.rule.max"),
    ("max is a fraction", good(repeat={"enabled": True, "rule": {"interval": 1, "unit": "days", "max": 1.5}}), "repeat.rule.max"),
    ("unknown field deep inside", good(repeat={"enabled": True, "rule": {"interval": 1, "unit": "days", "mx": 1}}), "repeat.rule.mx"),
    ("retries is a number", good(retries=3), "retries"),
    ("retries are negative", good(retries={"max": -1}), "retries.max"),
    ("retries are endless", good(retries={"max": 10 ** 12}), "retries.max"),
    ("retries are a text", good(retries={"max": "3"}), "retries.max"),
    ("field of the system", good(status="COMPLETED"), "status"),
    ("another field of the system", good(errors=[]), "errors"),
    ("a number", 5, None),
    ("a text", "text", None),
    ("null", None, None),
    ("true", True, None),
    ("an empty batch", {"webhooks": []}, "webhooks"),
    ("an empty list", [], "body"),
    ("a batch that is none", {"webhooks": 5}, "webhooks"),
    ("a batch that is too large", {"webhooks": [GOOD] * 1001}, "webhooks"),
    ("a batch of which nothing is good", {"webhooks": [good(url="nonsense"), 5]}, "webhooks[0].url"),
    ("a batch with more fields", {"webhooks": [GOOD], "namespace": "x"}, "namespace"),
]

# (name, raw bytes, statuses, field)
REQUESTS = [
    ("no body", post(b""), (400,), "body"),
    ("half a document", post(b'{"namespace":'), (400,), "body"),
    ("two documents", post(b"{}{}"), (400,), "body"),
    ("a comma too much", post(b'{"namespace":"x",}'), (400,), "body"),
    ("single quotes", post(b"{'namespace':'x'}"), (400,), "body"),
    ("a comment", post(b'{"namespace":"x"/*c*/}'), (400,), "body"),
    ("not a number", post(b'{"namespace":NaN}'), (400,), "body"),
    ("a number too large", post(b'{"namespace":"x","url":1e999}'), (400,), None),
    ("a byte order mark", post(b"\xef\xbb\xbf{}"), (400,), "body"),
    ("invalid UTF-8", post(b'{"namespace":"\xff\xfe"}'), (400,), "body"),
    ("an overlong NUL", post(b'{"namespace":"\xc0\x80"}'), (400,), "body"),
    ("a lone surrogate", post(b'{"namespace":"\\ud800"}'), (400,), "body"),
    ("UTF-16", post('{"namespace":"x"}'.encode("utf-16")), (400,), "body"),
    ("a raw line break in a text", post(b'{"namespace":"a\nb"}'), (400,), "body"),
    ("a key twice", post(b'{"namespace":"a","namespace":"b"}'), (400,), "namespace"),
    ("a key twice, deeper", post(b'{"namespace":"a","headers":{"A":"1","A":"2"}}'), (400,), "headers.A"),
    ("deep nesting", post(b'{"namespace":"a","body":' + nested(5000).encode() + b"}"), (400,), None),
    ("very deep nesting", post(nested(100000)), (400,), "body"),
    ("no content type", post(b"{}", headers=()), (415,), "Content-Type"),
    ("a form", post(b"namespace=x", headers=("Content-Type: application/x-www-form-urlencoded",)), (415,), "Content-Type"),
    ("plain text", post(b"{}", headers=("Content-Type: text/plain",)), (415,), "Content-Type"),
    ("compressed", post(b"\x1f\x8b", headers=("Content-Type: application/json", "Content-Encoding: gzip")), (415,), "Content-Encoding"),
    ("an empty idempotency key", post(GOOD, headers=("Content-Type: application/json", "Idempotency-Key:")), (400,), "Idempotency-Key"),
    ("a long idempotency key", post(GOOD, headers=("Content-Type: application/json", "Idempotency-Key: " + "k" * 300)), (400,), "Idempotency-Key"),
    ("two idempotency keys", post(GOOD, headers=("Content-Type: application/json", "Idempotency-Key: a", "Idempotency-Key: b")), (400,), "Idempotency-Key"),
    ("a foreign page", post(GOOD, headers=("Content-Type: application/json", "Origin: https://evil.example")), (403,), "Origin"),
    ("an unknown path", request("GET", "/nothing"), (404,), "path"),
    ("a path too deep", request("GET", "/webhooks/a/b/c/d"), (404,), "path"),
    ("an empty segment", request("GET", "/webhooks//b"), (404,), "path"),
    ("a path that climbs", request("GET", "/../../etc/passwd"), (400, 404), None),
    ("a bad escape in the path", request("GET", "/webhooks/a/%zz"), (400,), "id"),
    ("a cut escape in the path", request("GET", "/webhooks/%2/b"), (400,), "namespace"),
    ("invalid UTF-8 in the path", request("GET", "/webhooks/a/%ff"), (400,), "id"),
    ("a webhook that is not there", request("GET", "/webhooks/bad/none"), (404,), None),
    ("deleting what is not there", request("DELETE", "/webhooks/bad/none"), (404,), None),
    ("suspending what is not there", request("POST", "/webhooks/bad/none/suspend"), (404,), None),
    ("retrying what is not there", request("POST", "/webhooks/bad/none/retry"), (404,), None),
    ("an unknown action", request("POST", "/webhooks/bad/none/explode"), (404,), "path"),
    ("another method", request("PUT", "/webhooks"), (405,), "method"),
    ("an invented method", request("BREW", "/webhooks"), (405,), "method"),
    ("deleting everything", request("DELETE", "/webhooks"), (405,), "method"),
    ("a list without its namespace", request("GET", "/webhooks"), (400,), "namespace"),
    ("an empty namespace", request("GET", "/webhooks?namespace="), (400,), "namespace"),
    ("an unknown parameter", request("GET", "/webhooks?namespace=a&colour=red"), (400,), "colour"),
    ("a parameter twice", request("GET", "/webhooks?namespace=a&namespace=b"), (400,), "namespace"),
    ("an unknown status", request("GET", "/webhooks?namespace=a&status=DONE"), (400,), "status"),
    ("a limit of zero", request("GET", "/webhooks?namespace=a&limit=0"), (400,), "limit"),
    ("a limit too large", request("GET", "/webhooks?namespace=a&limit=1001"), (400,), "limit"),
    ("a limit that is none", request("GET", "/webhooks?namespace=a&limit=ten"), (400,), "limit"),
    ("a from that is none", request("GET", "/webhooks?namespace=a&from=monday"), (400,), "from"),
    ("an interval backwards", request("GET", "/webhooks?namespace=a&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z"), (400,), "to"),
    ("a desc that is none", request("GET", "/webhooks?namespace=a&desc=maybe"), (400,), "desc"),
    ("a start key of somebody else", request("GET", "/webhooks?namespace=a&startKey=nonsense"), (400,), "startKey"),
    ("a bad escape in the query", request("GET", "/webhooks?namespace=%zz"), (400,), "query"),
    ("a body where none belongs", request("GET", "/webhooks?namespace=a", b'{"a":1}', ("Content-Type: application/json",)), (400,), "body"),
    ("clear without a namespace", post({}, "/webhooks/clear"), (400,), "namespace"),
    ("clear of a number", post({"namespace": 1}, "/webhooks/clear"), (400,), "namespace"),
    ("delete-many with a typing error", post({"namespace": "a", "statsu": "FAILED"}, "/webhooks/delete-many"), (400,), "statsu"),
    ("delete-many without a namespace", post({"status": "FAILED"}, "/webhooks/delete-many"), (400,), "namespace"),
    ("suspend-many of a wrong status", post({"namespace": "a", "status": "x"}, "/webhooks/suspend-many"), (400,), "status"),
    ("delete-many backwards", post({"namespace": "a", "from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "/webhooks/delete-many"), (400,), "to"),
    ("chunks of nothing", post({"namespace": "a", "chunkLimit": 0}, "/webhooks/delete-many"), (400,), "chunkLimit"),
    ("trigger with a filter", post({"namespace": "a"}, "/webhooks/trigger"), (400,), "namespace"),
    ("trigger with a wrong date", post({"dryRun": True, "date": "x"}, "/webhooks/trigger"), (400,), "date"),
    ("trigger with a wrong limit", post({"dryRun": True, "limit": 0}, "/webhooks/trigger"), (400,), "limit"),
    ("trigger that is unsure", post({"dryRun": "yes"}, "/webhooks/trigger"), (400,), "dryRun"),
]

UNKNOWN_CODING = "a transfer coding that nobody knows"

# Broken HTTP.
BROKEN = [
    ("nonsense", b"\x00\x01\x02\x03\r\n\r\n"),
    ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64 + b"\r\n\r\n"),
    ("no version", b"GET /\r\n\r\n"),
    ("a version of the future", b"GET / HTTP/9.9\r\nHost: a\r\n\r\n"),
    ("a blank too much", b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a header without a colon", b"GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n"),
    ("a blank before the colon", b"GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
    ("a control character in a header", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x01b\r\n\r\n"),
    ("a length that is none", b"POST /webhooks HTTP/1.1\r\nHost: a\r\nContent-Length: ten\r\n\r\n"),
    ("a negative length", b"POST /webhooks HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"),
    ("two lengths", b"POST /webhooks HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    ("length and chunks", b"POST /webhooks HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("chunks of nonsense", b"POST /webhooks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n"),
    ("a chunk that lies", b"POST /webhooks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n"),
    ("a chunk of 2^63", b"POST /webhooks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8000000000000000\r\n"),
    (UNKNOWN_CODING, b"POST /webhooks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: brotli\r\n\r\n"),
    ("a header of 100 kB", b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 100000 + b"\r\n\r\n"),
    ("a target of 100 kB", b"GET /" + b"x" * 100000 + b" HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("ten thousand headers", b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 10000 + b"\r\n"),
    ("a body of 1 GB, announced", b"POST /webhooks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n"),
    ("a body of 10^30, announced", b"POST /webhooks HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000000000000000000000\r\n\r\n"),
    ("a body of 20 MB, sent", post(b'{"namespace":"' + b"x" * 20_000_000 + b'"}')),
    ("a large body in chunks", b"POST /webhooks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
     + (b"100000\r\n" + b"x" * 0x100000 + b"\r\n") * 20 + b"0\r\n\r\n"),
]


def check_registrations(server):
    for name, body, field in REGISTRATIONS:
        answer = exchange(server, post(body))
        if answer is None:
            fail("registrations", name, "no answer")
            continue
        check_problem("registrations", name, *answer, (400, 413), field)


def check_sizes(server):
    body = good(body={"pad": "x" * 2_000_000})
    answer = exchange(server, post(body))
    if answer is None:
        return fail("sizes", "a body that is too large to send", "no answer")
    check_problem("sizes", "a body that is too large to send", *answer, (400, 413), "body")


def check_requests(server):
    for name, data, statuses, field in REQUESTS:
        answer = exchange(server, data)
        if answer is None:
            fail("requests", name, "no answer")
            continue
        check_problem("requests", name, *answer, statuses, field)


def check_broken(server):
    for name, data in BROKEN:
        try:
            answer = exchange(server, data)
        except OSError as error:
            fail("broken HTTP", name, f"cannot connect: {error}")
            continue
        if answer is None:
            fail("broken HTTP", name, "closed without an answer")
            continue
        # RFC 9112 section 6.1 asks for 501 where the coding is not known.
        statuses = (501,) if name == UNKNOWN_CODING else range(400, 500)
        check_problem("broken HTTP", name, *answer, statuses, None)
        if not json.loads(answer[2]).get("field"):
            fail("broken HTTP", name, f"names no field: {answer[2]}")


def check_batch_report(server):
    """In a batch each entry is judged by itself, and the good ones are registered."""
    status, report = server.call("POST", "/webhooks", {"webhooks": [
        good(schedule=iso(time.time() + 3600)), good(url="nonsense"), 5, good(retries={"max": "x"})]})
    counts["batch"] = 3
    fields = [entry.get("problem", {}).get("field") for entry in report["results"]]
    if status != 200 or report["count"] != 1 or report["errors"] != 3:
        fail("batch", "report", f"{status} {report}")
    if fields[0] is not None or fields[1] != "webhooks[1].url" or not fields[2].startswith("webhooks[2]") \
            or fields[3] != "webhooks[3].retries.max":
        fail("batch", "fields", str(fields))


def check_conflicts(server):
    later = iso(time.time() + 3600)
    first = good(id="taken", schedule=later)
    status, _ = server.call("POST", "/webhooks", first)
    if status != 201:
        fail("conflicts", "first", f"{status}")
    status, again = server.call("POST", "/webhooks", first)
    if status != 200:
        fail("conflicts", "the same again", f"{status} {again}")
    for name, data, field in [
        ("another under the same id", post({**first, "method": "PUT"}), "id"),
        ("unsuspending what is not suspended", request("POST", "/webhooks/bad/taken/unsuspend"), None),
        ("retrying what has not failed", request("POST", "/webhooks/bad/taken/retry"), None),
    ]:
        check_problem("conflicts", name, *exchange(server, data), (409,), field)


def check_half_closed(server):
    """A client that ends its side early still gets an answer where there is something to answer."""
    answer = exchange(server, request("GET", "/live"), half_close=True)
    if answer is not None and answer[0] != 200:
        fail("half-closed", "complete request", str(answer))
    for name, data in [
        ("half a header", b"GET / HT"),
        ("half a body", b"POST /webhooks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"),
        ("nothing at all", b""),
    ]:
        counts["half-closed"] = counts.get("half-closed", 0) + 1
        answer = exchange(server, data, half_close=True)
        if answer is not None and not 400 <= answer[0] < 500:
            fail("half-closed", name, str(answer))


def check_slow(server):
    """Clients that never finish are ended, and do not keep others waiting meanwhile."""
    slow = []
    for n in range(40):
        connection = socket.create_connection((server.host, server.port), timeout=20)
        # Half of them stop within the header, half within the body.
        connection.sendall(b"POST /webhooks HTTP/1.1\r\nHost: a\r\n" if n % 2 == 0 else
                           b"POST /webhooks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                           b"Content-Length: 100\r\n\r\n{")
        slow.append(connection)
    began = time.time()
    for _ in range(20):
        status, _ = server.call("GET", "/live")
        if status != 200:
            fail("slow", "others", f"status {status}")
    if time.time() - began > 5:
        fail("slow", "others", f"20 requests took {time.time() - began:.1f} s beside slow clients")
    # Dribbling does not help: the limit is for the whole header.
    began = time.time()
    dribbler = slow[0]
    answer = None
    try:
        while time.time() - began < 18:
            dribbler.sendall(b"X-A: 1\r\n")
            dribbler.settimeout(0.5)
            try:
                head = dribbler.recv(4096)
                answer = head
                break
            except socket.timeout:
                continue
    except OSError:
        answer = b""
    if answer is None:
        fail("slow", "dribbled header", "still open after 18 s")
    elif answer and b" 408 " not in answer.split(b"\r\n", 1)[0]:
        fail("slow", "dribbled header", f"answered {answer[:100]!r}")
    counts["slow"] = len(slow)
    for connection in slow:
        connection.close()


def check_serves(server, receiver, moment):
    """The server still takes a webhook and rings it."""
    before = len(receiver.receipts)
    status, webhook = server.call("POST", "/webhooks", {
        "namespace": "alive", "url": receiver.url + "/alive", "method": "POST", "body": {"after": moment}})
    if status != 201:
        return fail("alive", moment, f"status {status}: {webhook}")
    deadline = time.time() + 10
    while time.time() < deadline:
        if len(receiver.receipts) > before:
            return None
        time.sleep(0.02)
    return fail("alive", moment, "a webhook did not ring within 10 s")


def main():
    program = os.path.abspath(sys.argv[1])
    scratch = tempfile.mkdtemp(prefix="carillon-bad-")
    receiver = Receiver()
    server = Server(program, os.path.join(scratch, "store"), "--log-level", "warn").start()
    try:
        for name, check in [
            ("registrations", check_registrations), ("sizes", check_sizes), ("requests", check_requests),
            ("broken HTTP", check_broken), ("batch", check_batch_report), ("conflicts", check_conflicts),
            ("half-closed", check_half_closed), ("slow", check_slow),
        ]:
            check(server)
            if not server.alive():
                fail(name, "server", "ended:\n" + server.log_tail())
                break
            check_serves(server, receiver, "after " + name)
        if server.alive() and server.stop() != 0:
            failures.append("the server did not stop with exit code 0")
    finally:
        if server.alive():
            server.kill()
        receiver.close()
    shutil.rmtree(scratch)
    print("  ".join(f"{group}: {count}" for group, count in counts.items()),
          f"  in all {sum(counts.values())}")
    finish(failures)


if __name__ == "__main__":
    main()
