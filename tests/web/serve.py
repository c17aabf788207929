"""Airflow's API server, as `airflow api-server` builds it, on a free port; it prints its address and a token per user."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from urllib.parse import urlsplit

os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"

import uvicorn
from airflow.api_fastapi.app import create_app, get_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.configuration import conf
from airflow.models.base import Base
from airflow.settings import engine

from tests.web.auth_manager import READABLE

app = create_app(apps="core")
path = urlsplit(conf.get("api", "base_url")).path.rstrip("/")
# `airflow db migrate` would take longer than all the tests.
Base.metadata.create_all(engine)
tokens = {
    name: get_auth_manager().generate_jwt(SimpleAuthManagerUser(username=name, role="viewer"))
    for name in ("vera", *READABLE)
}
listener = socket.create_server(("127.0.0.1", 0))
url = f"http://127.0.0.1:{listener.getsockname()[1]}"
server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))


def end_with_the_tests() -> None:
    sys.stdin.read()
    server.should_exit = True


threading.Thread(target=end_with_the_tests, daemon=True).start()
print(f"SERVES {json.dumps({'url': url, 'path': path, 'tokens': tokens})}", flush=True)
# Nobody reads on; the access log would fill the pipe and stop the server.
os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
server.run(sockets=[listener])
