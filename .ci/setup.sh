#!/bin/sh
# Makes .venv from requirements.lock: every file is checked against its recorded hash.
set -eu
cd "$(dirname "$0")/.."
export UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1 PIP_DISABLE_PIP_VERSION_CHECK=1

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python; do
        if is_new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "Crosswalk needs Python 3.11 or newer. None was found as python3, python3.13, python3.12 or python3.11." >&2
    echo "Install one, or name it: make setup PYTHON=/path/to/python3.12" >&2
    return 1
}

make_venv() {
    python=$(find_python)
    rm -rf .venv
    "$python" -m venv .venv || {
        rm -rf .venv
        echo "$python cannot make a virtual environment (on Debian and Ubuntu: apt install python3-venv)." >&2
        exit 1
    }
}

# The lines of requirements.lock that pin uv, so that the installer itself is checked as well.
uv_pin() {
    awk '/^uv==/ { on = 1 } on { print } on && !/\\$/ { exit }' requirements.lock
}

install_uv() {
    uv_pin >.venv/uv.lock.txt
    wanted=$(sed -n 's/^uv==\([^ ]*\).*/uv \1/p' .venv/uv.lock.txt)
    case "$(.venv/bin/uv --version 2>/dev/null || true) " in
        "$wanted "*) ;;
        *) .venv/bin/python -m pip install --quiet --require-hashes --no-deps -r .venv/uv.lock.txt ;;
    esac
}

# A setting of pip ("index-url", "cert"), from its environment variable ($2) or its configuration files.
pip_setting() {
    if [ -n "$2" ]; then
        echo "$2"
    else
        .venv/bin/python -m pip config list 2>/dev/null | sed -n "s/^global\.$1='\(.*\)'\$/\1/p" | tail -n 1
    fi
}

# uv does not read pip's settings; a mirror or a certificate bundle configured for pip serves uv too.
use_pip_settings() {
    if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]; then
        UV_DEFAULT_INDEX=$(pip_setting index-url "${PIP_INDEX_URL:-}")
        [ -z "$UV_DEFAULT_INDEX" ] || export UV_DEFAULT_INDEX
    fi
    if [ -z "${SSL_CERT_FILE:-}" ]; then
        SSL_CERT_FILE=$(pip_setting cert "${PIP_CERT:-}")
        [ -z "$SSL_CERT_FILE" ] || export SSL_CERT_FILE
    fi
}

is_new_enough .venv/bin/python || make_venv
use_pip_settings
install_uv
.venv/bin/uv pip sync --quiet --python .venv/bin/python --require-hashes requirements.lock
.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
touch .venv/.ready
