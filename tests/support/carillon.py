"""What the end-to-end scripts share: a server under test, a receiver, and small HTTP calls.

Standard library only, so that the tests need nothing that a fresh machine lacks.
"""

import http.client
import http.server
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.parse


class Server:
    """One `carillon serve` process on a free port, restarted at will on the same store."""

    def __init__(self, program, directory, *arguments, port=0):
        self.program = program
        self.directory = directory
        self.arguments = list(arguments)
        self.process = None
        self.host, self.port = "127.0.0.1", port
        self.log_path = os.path.join(os.path.dirname(directory.rstrip("/")) or ".", "server.log")

    def command(self):
        return [self.program, "serve", "--store", f"embedded:{self.directory}", "--port", str(self.port),
                "--allow-targets", "127.0.0.0/8", *self.arguments]

    def start(self, timeout_s=30):
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen(self.command(), stdout=subprocess.PIPE, stderr=log)
        log.close()
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            line = self.process.stdout.readline().decode()
            if not line:
                raise RuntimeError(f"the server ended at start, exit code {self.process.wait()}:\n" + self.log_tail())
            if "listening on http://" in line:
                address = line.split("http://", 1)[1].strip().rstrip("/")
                self.host, port = address.rsplit(":", 1)
                self.port = int(port)
                # What the server prints later must not fill the pipe.
                threading.Thread(target=self.process.stdout.read, daemon=True).start()
                return self
        raise RuntimeError("the server did not get ready:\n" + self.log_tail())

    def log_tail(self, count=20):
        with open(self.log_path, errors="replace") as log:
            return "".join(log.readlines()[-count:])

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, timeout_s=30):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout_s)

    def alive(self):
        return self.process.poll() is None

    def call(self, method, path, body=None, headers=None, timeout_s=60):
        """(status, decoded JSON or None). Raises OSError or HTTPException when there is no answer."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout_s)
        try:
            data = None if body is None else json.dumps(body).encode()
            sent = {"Content-Type": "application/json"} if data is not None else {}
            sent.update(headers or {})
            connection.request(method, path, data, sent)
            answer = connection.getresponse()
            raw = answer.read()
            return answer.status, (json.loads(raw) if raw else None)
        finally:
            connection.close()

    def fetch_all(self, namespace, **query):
        """Every webhook of the namespace that the query selects, page by page."""
        items, start_key = [], None
        while True:
            parameters = {"namespace": namespace, "limit": 1000, **query}
            if start_key:
                parameters["startKey"] = start_key
            status, page = self.call("GET", "/webhooks?" + urllib.parse.urlencode(parameters))
            if status != 200:
                raise RuntimeError(f"GET /webhooks answered {status}: {page}")
            items += page["items"]
            start_key = page.get("lastEvaluatedKey")
            if not start_key:
                return items


class Dynamodb(Server):
    """`carillon dynamodb`: durable in `directory`, unless another `store` is named."""

    def __init__(self, program, directory, store=None):
        super().__init__(program, directory)
        self.store = store or f"embedded:{directory}"

    def command(self):
        return [self.program, "dynamodb", "--store", self.store, "--port", str(self.port)]

    @property
    def url(self):
        return f"http://{self.host}:{self.port}"


class Receipt:
    __slots__ = ("webhook_id", "started", "status", "path", "attempt")

    def __init__(self, webhook_id, started, status, path, attempt):
        self.webhook_id, self.started, self.status, self.path, self.attempt = (
            webhook_id, started, status, path, attempt)


class Receiver:
    """A local HTTP receiver that fails a share of its calls, and those whose webhook-id `refuse` says,
    and remembers every one."""

    def __init__(self, fail_share=0.0, delay_s=0.0, seed=1, refuse=lambda webhook_id: False):
        self.receipts = []
        self.lock = threading.Lock()
        self.random = random.Random(seed)
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def answer(self):
                started = time.time()
                length = int(self.headers.get("Content-Length") or 0)
                if length:
                    self.rfile.read(length)
                with receiver.lock:
                    failed = refuse(self.headers.get("webhook-id")) or receiver.random.random() < fail_share
                    status = 503 if failed else 200
                    receiver.receipts.append(Receipt(self.headers.get("webhook-id"), started, status, self.path,
                                                     self.headers.get("webhook-attempt")))
                if delay_s:
                    time.sleep(delay_s)
                body = b"no" if failed else b"ok"
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, *_):
                pass

        class QuietServer(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 512

            def handle_error(self, *_):
                pass  # A killed server drops its connections; that is the point of the test.

        self.http = QuietServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()


def iso(seconds):
    whole = int(seconds)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{int((seconds - whole) * 1000):03d}Z"


def finish(failures):
    """Prints ctest's kind of verdict and ends the script."""
    for failure in failures:
        print(f"FAILED: {failure}")
    print("ok" if not failures else f"{len(failures)} check(s) failed")
    sys.exit(1 if failures else 0)
