#!/usr/bin/env bash
# One would expect: a login in the base URL (https://user:word@host, as many reverse proxies want it) and an API key
# are both sent, or the client says that it can send only one Authorization header.
# What happens: openai's client leaves the URL to httpx2, which makes an Authorization header of the login and puts it
# in the place of the key's. The server never sees the key and answers 401; the key given in code looks ignored.
# Why it matters here: `--base-url` takes such an address for a model server of one's own. A login has to be sent by a
# header of another name, or the key left out.
# Tried 2026-12-01 with openai 3.57.0 and httpx2 2.16.2.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openai==3.57.0 httpx2==2.16.2
"$folder/venv/bin/python" - <<'PY'
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

import openai

seen = []


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        seen.append(self.headers["Authorization"])
        body = b'{"object": "list", "data": []}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Answer)
threading.Thread(target=server.serve_forever, daemon=True).start()
for login in ("", "reader:word@"):
    address = f"http://{login}127.0.0.1:{server.server_port}/v1"
    openai.OpenAI(base_url=address, api_key="the-key", max_retries=0).models.list()
print("openai", version("openai"), "httpx2", version("httpx2"))
print("without a login:", seen[0])
print("with a login:   ", seen[1])
assert seen[0] == "Bearer the-key", seen
assert seen[1].startswith("Basic "), seen
PY
