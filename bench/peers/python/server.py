"""A PIN service as one would write it in an afternoon: FastAPI, argon2-cffi, a counter in SQLite.

python server.py DATABASE; prints its address. POST /verify {"account": "...", "pin": "......"}
"""

import socket
import sqlite3
import sys
import threading

import uvicorn
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

LIMIT = 5

app = FastAPI()
hasher = PasswordHasher()
local = threading.local()


class Attempt(BaseModel):
    account: str = Field(max_length=64)
    pin: str = Field(pattern="^[0-9]{6}$")


def database() -> sqlite3.Connection:
    """A connection for each thread of the pool that runs the endpoint."""
    if not hasattr(local, "db"):
        local.db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
        local.db.execute("PRAGMA synchronous = FULL")
    return local.db


@app.post("/verify")
def verify(attempt: Attempt) -> JSONResponse:
    db = database()
    row = db.execute("SELECT hash, failed FROM accounts WHERE name = ?", (attempt.account,)).fetchone()
    if row is None:
        return JSONResponse({"ok": False}, status_code=404)
    phc, failed = row
    if failed >= LIMIT:
        return JSONResponse({"ok": False}, status_code=423)
    try:
        hasher.verify(phc, attempt.pin)
    except VerifyMismatchError:
        db.execute("UPDATE accounts SET failed = failed + 1 WHERE name = ?", (attempt.account,))
        return JSONResponse({"ok": False}, status_code=401)
    if failed > 0:
        db.execute("UPDATE accounts SET failed = 0 WHERE name = ?", (attempt.account,))
    return JSONResponse({"ok": True})


def main() -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(2048)
    print("http://{}:{}".format(*listener.getsockname()), flush=True)
    config = uvicorn.Config(app, log_level="warning", access_log=False, backlog=2048)
    uvicorn.Server(config).run(sockets=[listener])


main()
