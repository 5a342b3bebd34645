#!/usr/bin/env python3
"""The rules of this project that no compiler checks.

    scripts/rules.py [ROOT]

Prints one line per breach, `path:line: rule: what is wrong`, and exits 1 if there is any. The layers
come from the table of modules in docs/architecture.md; everything else is in the tables below, each
exception with its reason. rules_test.py tests this file; ctest runs both.
"""

import pathlib
import re
import sys
from dataclasses import dataclass

LINES_MAX = 500
LONG_FILES = {
    "src/dynamo/expression/reserved_words.cpp": "a list, one word a line",
}

# Rule, pattern, where it is allowed (path prefixes), what to do instead.
BANNED = [
    ("clock", r"\b(system_clock|steady_clock|high_resolution_clock)::now\b",
     ("src/runtime/", "bench/", "tests/", "examples/", "*_integration_test.cpp"),
     "use runtime::Clock"),
    ("sleep", r"\bthis_thread::sleep_|(?<![\w.>:])(?:::)?(?:usleep|nanosleep|sleep)\s*\(",
     ("bench/", "tests/", "examples/", "*_integration_test.cpp"), "use Loop::sleep_for"),
    ("chance", r"(?<![\w.>:])(?:std::|::)?s?rand\s*\(|\brandom_device\b|\bmt19937",
     ("src/runtime/",), "use carillon::Random"),
    ("environment", r"\b(?:secure_)?getenv\b",
     ("src/app/", "src/cli/", "src/library/store_engine.cpp", "bench/", "tests/"),
     "configuration is read in app"),
    ("thread", r"\bstd::(?:j?thread|async)\b(?!::id)",
     ("src/runtime/", "src/app/", "src/library/", "src/dynamo/embedded/", "bench/", "tests/",
      "examples/", "*_test.cpp"),
     "use the runtime's loops and blocking pool"),
    ("detached", r"::detached\b|\.detach\(\)|\bco_spawn\b", ("src/runtime/",),
     "start work with TaskGroup"),
    ("namespace", r"\busing\s+namespace\s+(?:std|boost|carillon)\s*;", (), "name what you use"),
    ("global", r"\bstd::(?:cout|cerr|clog)\b", ("src/app/", "src/cli/", "bench/", "tests/",
     "examples/"), "use Log"),
]

# Third-party headers and the modules that may see them.
HEADERS = [
    ("beast", r"boost/beast\b", ("src/net/",)),
    ("tls", r"boost/asio/ssl\b|openssl/ssl\.h", ("src/net/",)),
    ("rocksdb", r"rocksdb/", ("src/dynamo/embedded/",)),
    ("rdkafka", r"librdkafka/", ("src/bus/kafka/",)),
    ("spdlog", r"spdlog/", ("src/observability/",)),
    ("zstd", r"z(?:std|dict)", ("src/layer/compression.cpp",)),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
TODO = re.compile(r"\b(?:TODO|FIXME|XXX)\b(?!\(#\d+\))")
STRIP = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"([^()\\ ]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'""",
    re.DOTALL)


@dataclass(frozen=True)
class Breach:
    path: str
    line: int
    rule: str
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


def read_modules(text):
    """The table of modules: name -> the names in its last column, in the order of the table."""
    modules = {}
    in_table = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and cells[0] == "Module":
            in_table = True
        elif in_table and not line.startswith("|"):
            break
        elif in_table and not set(cells[0]) <= set("-: "):
            modules[cells[0].strip("`")] = re.findall(r"`([^`]+)`", cells[-1])
    return modules


def reachable(modules):
    """What each module may include: its row and, in turn, the rows of those."""
    reach = {}
    for name, direct in modules.items():  # In order, so the rows above are complete.
        reach[name] = {name}
        for other in direct:
            if other not in reach:
                raise ValueError(f"docs/architecture.md: {name} may include {other}, "
                                 "which is not above it in the table")
            reach[name] |= reach[other]
    return reach


def module_of(path, modules):
    """The longest module name that is a folder of `path` (relative to src/), or None."""
    fitting = [name for name in modules if path.startswith(name + "/")]
    return max(fitting, key=len, default=None)


def strip_code(text):
    """The text without comments and literals, line numbers kept."""
    return STRIP.sub(lambda match: "\n" * match.group().count("\n"), text)


def allowed(path, places):
    return any(path.endswith(place[1:]) if place.startswith("*") else path.startswith(place)
               for place in places)


class Rules:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        table = (self.root / "docs/architecture.md").read_text()
        self.modules = read_modules(table)
        self.reach = reachable(self.modules)
        self.breaches = []
        self.included = set()

    def report(self, path, line, rule, message):
        self.breaches.append(Breach(path, line, rule, message))

    def files(self, *suffixes):
        for top in ("src", "include", "tests", "bench", "examples", "scripts"):
            for path in sorted((self.root / top).rglob("*")):
                if path.suffix in suffixes and path.is_file() and "__pycache__" not in path.parts:
                    yield path.relative_to(self.root).as_posix(), path.read_text()

    def check(self):
        for path, text in self.files(".cpp", ".hpp", ".py", ".sh"):
            self.check_length(path, text)
            self.check_todo(path, text)
        for path, text in self.files(".cpp", ".hpp"):
            self.check_includes(path, text)
            self.check_banned(path, text)
            if path.endswith(".hpp"):
                self.check_header(path, text)
        self.check_dead_headers()
        self.check_readmes()
        return sorted(self.breaches, key=lambda breach: (breach.path, breach.line, breach.rule))

    def check_length(self, path, text):
        lines = text.count("\n")
        if lines > LINES_MAX and path not in LONG_FILES:
            self.report(path, lines, "length", f"{lines} lines, over {LINES_MAX}: split it")

    def check_todo(self, path, text):
        if path.startswith("scripts/rules"):
            return
        for number, line in enumerate(text.splitlines(), 1):
            if TODO.search(line):
                self.report(path, number, "todo", "needs an issue number: TODO(#12)")

    def check_includes(self, path, text):
        for number, line in enumerate(text.splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            quote, name = match.groups()
            for rule, pattern, places in HEADERS:
                if re.match(pattern, name) and path.startswith(("src/", "include/")) \
                        and not allowed(path, places):
                    self.report(path, number, rule, f"<{name}> belongs to {', '.join(places)}")
            if quote == '"':
                self.included.add(name)
                self.check_layer(path, number, name)

    def check_layer(self, path, number, name):
        if path.startswith("include/"):
            if not name.startswith("carillon/"):
                self.report(path, number, "layer",
                            f'"{name}" is not installed: public headers include only each other')
            return
        if not path.startswith("src/") or name.startswith("carillon/"):
            return
        source = module_of(path[len("src/"):], self.modules)
        target = module_of(name, self.modules)
        if source is None:
            self.report(path, 1, "layer", "this folder is not in the table of docs/architecture.md")
        elif target is None:
            if not (self.root / path).parent.joinpath(name).exists():
                self.report(path, number, "layer", f'"{name}" is in no module')
            else:
                self.report(path, number, "layer", f'write "{source}/{name}"')
        elif path.endswith(("_test.cpp", "_test.hpp")):
            names = list(self.modules)
            if names.index(target) > names.index(source):
                self.report(path, number, "layer", f"{target} is below {source} in the table")
        elif target not in self.reach[source]:
            self.report(path, number, "layer", f"{source} may not include {target}")

    def check_banned(self, path, text):
        for number, line in enumerate(strip_code(text).splitlines(), 1):
            if line.lstrip().startswith("#"):
                continue
            for rule, pattern, places, instead in BANNED:
                if re.search(pattern, line) and not allowed(path, places):
                    self.report(path, number, rule, instead)

    def check_header(self, path, text):
        if "#pragma once" not in text:
            self.report(path, 1, "header", "no #pragma once")
        if not text.startswith("//"):
            self.report(path, 1, "header", "begins without saying what it is for")

    def check_dead_headers(self):
        for path, _ in self.files(".hpp"):
            if path.startswith("src/") and path[len("src/"):] not in self.included:
                self.report(path, 1, "dead", "nothing includes it")

    def check_readmes(self):
        for name in self.modules:
            folder = self.root / "src" / name
            if any(folder.glob("*.?pp")) and not (folder / "README.md").exists():
                self.report(f"src/{name}/README.md", 1, "readme", "is missing")


def main(arguments):
    root = arguments[0] if arguments else pathlib.Path(__file__).resolve().parent.parent
    breaches = Rules(root).check()
    for breach in breaches:
        print(breach)
    if breaches:
        print(f"{len(breaches)} breaches; the rules are in scripts/rules.py", file=sys.stderr)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
