#!/usr/bin/env bash
# One would expect: with `--dist loadgroup` pytest-xdist runs all tests that have one `xdist_group` mark on one worker,
# as its documentation says, or complains that it cannot.
# What happens: pytest-xdist 3.8 writes the group behind a test's `_nodeid`, from which it is read again when tests are
# dealt out. pytest 9.2 takes a node's id from elsewhere, so the group is never seen: every test goes wherever a
# worker is free, without a word. With pytest 9.1 the same file runs on one worker.
# Why it matters here: tests that share PyTorch, an engine or a trained model were grouped so that one worker
# sets it up. After the update each worker set it up for itself, and nothing said why the run had become slower.
# Tried 2026-12-01 with pytest 9.2.0 and pytest-xdist 3.8.0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
install() { "$folder/venv/bin/pip" install --quiet --disable-pip-version-check "$@"; }
mkdir "$folder/tests"
cat > "$folder/tests/test_group.py" <<'PY'
import os
import time

import pytest


@pytest.mark.xdist_group("engine")
@pytest.mark.parametrize("number", range(12))
def test_it_runs(number):
    time.sleep(0.05)
    with open(os.environ["SEEN"], "a") as file:
        file.write(os.environ["PYTEST_XDIST_WORKER"] + "\n")
PY
workers() {
    SEEN="$folder/seen-$1" "$folder/venv/bin/python" -m pytest --quiet -p no:cacheprovider --numprocesses 2 \
        --dist loadgroup "$folder/tests" >/dev/null
    sort --unique "$folder/seen-$1" | wc -l | tr -d ' '
}
install pytest==9.2.0 pytest-xdist==3.8.0
new=$(workers new)
install pytest==9.1.0
old=$(workers old)
echo "workers that ran the one group: $old with pytest 9.1.0, $new with pytest 9.2.0 (pytest-xdist 3.8.0)"
[ "$old" = 1 ] && [ "$new" = 2 ]
