#!/bin/sh
# Make .venv hold exactly what requirements.lock says. Called by make, from the top of the tree.
set -eu

if [ ! -x .venv/bin/python ] || [ ! -x .venv/bin/pip ]; then
    if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        echo "Python 3.11 or newer is needed: $PYTHON is $("$PYTHON" -V). Try: make PYTHON=/path/to/python3.11" >&2
        exit 1
    fi
    if ! "$PYTHON" -c 'import ensurepip' 2>/dev/null; then
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y python3-venv >/dev/null
        else
            echo "Python's venv module is missing: sudo apt-get install python3-venv" >&2
            exit 1
        fi
    fi
    echo "Making .venv …"
    "$PYTHON" -m venv --clear .venv
fi
.venv/bin/pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"
echo "Installing what requirements.lock lists …"
.venv/bin/uv pip sync --quiet --require-hashes --python .venv/bin/python requirements.lock
