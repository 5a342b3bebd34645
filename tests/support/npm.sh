# For scripts that run JavaScript of npm; to be sourced by sh or bash.

# npm_ready DIRECTORY WHAT: has what DIRECTORY/package-lock.json names under DIRECTORY/node_modules.
# When that cannot be, says why WHAT is skipped, and fails.
npm_ready() {
    command -v node >/dev/null && command -v npm >/dev/null || {
        echo "skipped: $2 needs node and npm (apt-get install nodejs npm)"
        return 1
    }
    # npm writes this file last.
    [ "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ] ||
        (cd "$1" && npm ci --no-audit --no-fund --silent) || {
        echo "skipped: npm could not install $2 (see above)"
        return 1
    }
}
