"""An S3 server of npm on loopback (tests/layer), and a front before it that fails and delays."""

import http.client
import http.server
import os
import random
import socket
import subprocess
import sys
import threading
import time

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
KEYS = {"AWS_ACCESS_KEY_ID": "S3RVER", "AWS_SECRET_ACCESS_KEY": "S3RVER"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class S3:
    """s3rver with a bucket. Where npm cannot install it, the script ends as skipped."""

    def __init__(self, directory, bucket):
        folder = os.path.join(TESTS, "layer")
        ready = subprocess.run(
            ["bash", "-c", f'. "{TESTS}/support/npm.sh"; npm_ready "{folder}" "S3 by s3rver"'])
        if ready.returncode != 0:
            sys.exit(77)
        self.port, self.bucket = free_port(), bucket
        os.makedirs(directory, exist_ok=True)
        self.process = subprocess.Popen(["node", os.path.join(folder, "s3.mjs"), str(self.port), directory, bucket])
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the S3 server did not start")
                time.sleep(0.05)

    def close(self):
        self.process.kill()
        self.process.wait()


class Front:
    """Passes requests on to a server, late or not at all; some that were carried out it answers with 503, or
    not at all either. `calm` ends that."""

    def __init__(self, port, seed, fail=0.05, lose=0.05, late=0.3, late_max_s=0.2):
        self.random, self.lock = random.Random(seed), threading.Lock()
        self.calm = False
        self.passed = self.failed = self.lost = self.delayed = 0
        front = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fate, pause_s = front.draw(fail, lose, late, late_max_s)
                time.sleep(pause_s)
                if fate == "fail":
                    return self.give_up()
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                try:
                    connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                    for name, value in self.headers.items():
                        connection.putheader(name, value)
                    connection.endheaders(body)
                    got = connection.getresponse()
                    content = got.read()
                finally:
                    connection.close()
                if fate == "lose":
                    return self.give_up()
                self.send_response_only(got.status)
                for name, value in got.getheaders():
                    if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                        self.send_header(name, value)
                length = got.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
                self.send_header("Content-Length", length or "0")
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            def give_up(self):
                if front.flip():
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.send_response_only(503)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass  # Killed clients drop their connections.

        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def flip(self):
        with self.lock:
            return self.random.random() < 0.5

    def draw(self, fail, lose, late, late_max_s):
        with self.lock:
            if self.calm:
                self.passed += 1
                return "pass", 0
            pause_s = self.random.uniform(0, late_max_s) if self.random.random() < late else 0
            self.delayed += pause_s > 0
            chance = self.random.random()
            if chance < fail:
                self.failed += 1
                return "fail", pause_s
            if chance < fail + lose:
                self.lost += 1
                return "lose", pause_s
            self.passed += 1
            return "pass", pause_s

    def close(self):
        self.http.shutdown()
