"""Several servers on one table: what the scripts about them share."""

import os
import re
import shutil
import tempfile
import threading
import urllib.request

from carillon import Dynamodb, Receiver, Server, finish

# The outcome of a delivery is on its way to the table for at most this long (seconds only on a machine
# that does ten other things).
IN_FLIGHT_S = 10.0
# What the server had sent before it died may reach this receiver's threads a little after its death.
RECEIVER_LAG_S = 0.5
# Leases lapse after 30 s; then the others take over what the dead one held.
LEASE_S = 30.0


class Trial:
    """A scratch folder, a receiver, the processes that are started, and what failed. In the end every
    process is ended; when something failed their logs are shown and the folder is kept."""

    def __init__(self, name, **receiver):
        self.scratch = tempfile.mkdtemp(prefix=f"carillon-{name}-")
        self.receiver = Receiver(**receiver)
        self.started, self.failures = [], []

    def __enter__(self):
        return self

    def start_dynamodb(self, program):
        os.makedirs(os.path.join(self.scratch, "dynamodb"))
        self.started.append(Dynamodb(program, os.path.join(self.scratch, "dynamodb", "store")).start())
        return self.started[-1]

    def stop(self, servers):
        for server in servers:
            code = server.stop()
            if code != 0:
                self.failures.append(f"a server ended with {code}:\n{server.log_tail()}")

    def __exit__(self, kind, error, trace):
        if isinstance(error, RuntimeError):
            self.failures.append(str(error))
        for process in self.started:
            if process.alive():
                process.kill()
        self.receiver.close()
        if self.failures or error:
            for process in self.started:
                print(f"--- {process.log_path}\n{process.log_tail(15)}")
            print(f"kept: {self.scratch}")
        else:
            shutil.rmtree(self.scratch, ignore_errors=True)
        if error is None or isinstance(error, RuntimeError):
            finish(self.failures)


class Sharer(Server):
    def __init__(self, program, directory, dynamodb, *arguments):
        super().__init__(program, directory, *arguments)
        self.store = f"dynamodb://local?endpoint={dynamodb.url}&prefix=shared-"

    def command(self):
        return [self.program, "serve", "--store", self.store, "--port", str(self.port),
                "--allow-targets", "127.0.0.0/8", "--concurrency", "50", *self.arguments]

    def metric(self, name):
        """The sum of a metric over its labels."""
        with urllib.request.urlopen(f"http://{self.host}:{self.port}/metrics", timeout=30) as answer:
            text = answer.read().decode()
        values = re.findall(rf"^{name}(?:\{{[^}}]*\}})? ([0-9.e+]+)$", text, re.MULTILINE)
        return sum(float(value) for value in values)


def start_sharers(program, scratch, dynamodb, *arguments):
    """Three servers, all at once: they race for making the tables."""
    servers = []
    for name in ("a", "b", "c"):
        os.makedirs(os.path.join(scratch, name))
        servers.append(Sharer(program, os.path.join(scratch, name, "store"), dynamodb, *arguments))
    threads = [threading.Thread(target=server.start) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return servers
