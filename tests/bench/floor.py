"""The floor of the benchmark: the least that a server with persistent, indexed JSON must do; no FHIR at all."""

import json
import secrets
import sqlite3
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.cli.serve import open_listener

database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA journal_mode = WAL")
database.execute("PRAGMA synchronous = NORMAL")
database.execute("CREATE TABLE item (id TEXT PRIMARY KEY, body TEXT)")
database.execute("CREATE TABLE entry (id TEXT, name TEXT, value TEXT)")
database.execute("CREATE INDEX entry_value ON entry (name, value)")
NAMES = ("identifier", "subject", "code", "status")


async def create(request: Request) -> Response:
    item = {"id": secrets.token_hex(6), **json.loads(await request.body())}
    text = json.dumps(item)
    rows = [(item["id"], name, str(item.get("keys", {}).get(name, ""))) for name in NAMES]
    database.execute("BEGIN")
    database.execute("INSERT INTO item VALUES (?, ?)", (item["id"], text))
    database.executemany("INSERT INTO entry VALUES (?, ?, ?)", rows)
    database.execute("COMMIT")
    return Response(text, 201, media_type="application/json")


async def read(request: Request) -> Response:
    row = database.execute(
        "SELECT body FROM item WHERE id = ?", (request.path_params["id"],)
    ).fetchone()
    return Response(row[0], media_type="application/json")


async def search(request: Request) -> Response:
    ((name, value),) = request.query_params.items()
    rows = database.execute(
        "SELECT body FROM item WHERE id IN (SELECT id FROM entry WHERE name = ? AND value = ?) LIMIT 20",
        (name, value),
    ).fetchall()
    return Response("[" + ",".join(row[0] for row in rows) + "]", media_type="application/json")


app = Starlette(
    routes=[
        Route("/{type}", create, methods=["POST"]),
        Route("/{type}", search),
        Route("/{type}/{id}", read),
    ]
)
listener = open_listener(0)
print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listener])
