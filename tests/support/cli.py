"""What scripts share that drive the program's own commands: runs of it, `carillon listen`, checks."""

import json
import os
import signal
import subprocess
import threading
import time

failures = []


def expect(what, got, wanted):
    if got != wanted:
        failures.append(f"{what}: got {got!r}, expected {wanted!r}")


def expect_in(what, part, text):
    if part not in text:
        failures.append(f"{what}: {part!r} is not in {text[-600:]!r}")


class Cli:
    def __init__(self, program, server, scratch):
        self.program, self.scratch = program, scratch
        self.environment = {**os.environ, "CARILLON_SERVER": f"http://127.0.0.1:{server.port}"}

    def __call__(self, *arguments, code=0, stdin=None, **environment):
        result = subprocess.run([self.program, *arguments], capture_output=True, text=True, timeout=60, input=stdin,
                                cwd=self.scratch, env={**self.environment, **environment})
        if result.returncode != code:
            failures.append(f"carillon {' '.join(arguments)}: exit code {result.returncode}, expected {code}: "
                            f"{result.stdout}{result.stderr}")
        return result

    def json(self, *arguments):
        return json.loads(self(*arguments, "--json").stdout)


class Listener:
    """`carillon listen --json` and what it printed so far."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([program, "listen", "--json", *arguments], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        self.url = line.split("listening on ", 1)[1].strip()
        self.calls = []
        threading.Thread(target=self.read, daemon=True).start()
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.calls.append(json.loads(line))

    def rings(self, name):
        return [call for call in self.calls if call["target"] == "/" + name]

    def wait(self, name, count=1, timeout_s=15):
        deadline = time.time() + timeout_s
        while time.time() < deadline:
            found = self.rings(name)
            if len(found) >= count:
                return found
            time.sleep(0.02)
        failures.append(f"{name}: {len(found)} calls came, expected {count}")
        return found

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(10)
