#!/bin/bash
# Runs the program of this folder's tests against s3rver, which speaks S3; needs Node.js.
#
#   run.sh PROGRAM [ARGS...]
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../support/npm.sh"
npm_ready "$here" "S3 by s3rver" || exit 77
export CARILLON_S3_TESTS=$here
exec "$@"
