"""What end-to-end scripts of schedules share: a receiver that remembers requests whole, a nats-server with
one stream, and the REST interface with checks.

Standard library only, so that the tests need nothing that a fresh machine lacks.
"""

import base64
import http.server
import json
import socket
import subprocess
import threading
import time
import urllib.parse

failures = []


def check(holds, what):
    if not holds:
        failures.append(what)
        print("FAILED:", what)
    return holds


class Receiver:
    """Remembers every request whole; fails those whose path is in `broken`."""

    def __init__(self):
        self.calls, self.broken, self.lock = [], set(), threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with receiver.lock:
                    receiver.calls.append((self.path, self.command, dict(self.headers), body))
                    status = 503 if self.path in receiver.broken else 200
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # A killed server drops its connections.

        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def at(self, path):
        with self.lock:
            return [call for call in self.calls if call[0] == path]

    def ids(self):
        with self.lock:
            return {call[2].get("webhook-id") for call in self.calls}


class Nats:
    """A nats-server with one stream, and just enough of its protocol to read the stream."""

    def __init__(self, directory):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            ["nats-server", "-js", "-a", "127.0.0.1", "-p", str(self.port), "-sd", directory],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            try:
                made = self.ask("STREAM.CREATE.bells", {"name": "bells", "subjects": ["bells.>"], "storage": "file"})
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        if not made.get("did_create"):
            raise RuntimeError(f"no stream: {made}")

    def ask(self, subject, body=None):
        payload = b"" if body is None else json.dumps(body).encode()
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            reader = connection.makefile("rb")
            reader.readline()
            connection.sendall(b'CONNECT {"verbose":false}\r\nSUB answers 1\r\n'
                               + f"PUB $JS.API.{subject} answers {len(payload)}\r\n".encode() + payload + b"\r\n")
            while True:
                line = reader.readline()
                if line.startswith(b"MSG"):
                    return json.loads(reader.read(int(line.split()[-1])))
                if not line:
                    raise OSError("nats-server went away")

    def messages(self, subject):
        count = self.ask("STREAM.INFO.bells")["state"]["messages"]
        found = []
        for sequence in range(1, count + 1):
            message = self.ask("STREAM.MSG.GET.bells", {"seq": sequence})["message"]
            if message["subject"] == subject:
                found.append(json.loads(base64.b64decode(message["data"])))
        return found

    def close(self):
        self.process.terminate()
        self.process.wait(10)


def wait_for(what, holds, timeout_s=20):
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return check(False, f"waited {timeout_s} s in vain for: {what}")


class Api:
    def __init__(self, server, receiver):
        self.server, self.receiver = server, receiver

    def call(self, method, path, body=None, want=200, tenant=None, **headers):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if tenant:
            sent["X-Tenant-Id"] = tenant
        status, answer = self.server.call(method, path, body, sent)
        check(status == want, f"{method} {path}: {status}, expected {want}: {json.dumps(answer)[:300]}")
        return answer

    def target(self, name):
        return {"kind": "HTTP", "http": {"url": f"{self.receiver.url}/{name}"}}

    def make(self, name, trigger, tenant=None, **more):
        body = {"name": name, "trigger": trigger, "target": self.target(name), **more}
        return self.call("POST", "/schedules", body, want=201, tenant=tenant)

    def all(self, path, tenant=None):
        items, cursor = [], None
        while True:
            parameters = {"limit": 100} | ({"cursor": cursor} if cursor else {})
            page = self.call("GET", path + ("&" if "?" in path else "?") + urllib.parse.urlencode(parameters),
                             tenant=tenant)
            items += page["data"]
            cursor = page["nextCursor"]
            if not cursor:
                return items

    def ledger(self, schedule):
        return self.all(f"/schedules/{schedule['id']}/ledger")[::-1]

    def runs(self, schedule):
        return self.all(f"/runs?scheduleId={schedule['id']}")

    def pause(self, schedule):
        self.call("PATCH", f"/schedules/{schedule['id']}/enabled", {"enabled": False})
