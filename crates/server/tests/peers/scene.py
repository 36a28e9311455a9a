"""A running server as the scripts here see it: what it printed at its start, and calls of its own API.

The Rust side hands over `COUNTERSIGN_INFO`, the line of JSON that `countersign dev --json` prints. Only the standard
library is used, so nothing here shares code with what is tried out.
"""

import hashlib
import itertools
import json
import os
import urllib.error
import urllib.request

INFO = json.loads(os.environ["COUNTERSIGN_INFO"])
URL = INFO["url"]
LOGIN = "login-Passw0rd"
_numbers = itertools.count(1)
_checks = 0


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


def send(method, path, headers, body=None):
    request = urllib.request.Request(URL + path, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return Answer(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read())


def native(method, path, body=None):
    headers = {"Authorization": f"Bearer {INFO['api_key']}", "Content-Type": "application/json"}
    answer = send(method, path, headers, None if body is None else json.dumps(body).encode())
    assert answer.status < 300, (method, path, answer.status, answer.body)
    return answer.json() if answer.body else None


class Person:
    """An account of its own with every secret, so that no case spoils another."""

    def __init__(self, session=False):
        n = next(_numbers)
        self.username, self.agentid, self.usercode = f"peer-{os.getpid()}-{n}", 7_000_000_000 + os.getpid(), n
        self.mobile = f"137{os.getpid() % 10000:04}{n:04}"
        made = native("POST", "/v1/accounts", {
            "username": self.username,
            "agentid": self.agentid,
            "usercode": self.usercode,
            "mobiles": [self.mobile],
            "secrets": {"login": LOGIN, "payment": "old-payment"},
        })
        self.id = made["id"]
        self.session = None
        if session:
            self.session = native("POST", "/v1/sessions", {"username": self.username, "login": LOGIN})

    def code(self, purpose):
        native("POST", f"/v1/accounts/{self.id}/codes", {"purpose": purpose})
        return native("GET", f"/v1/dev/outbox?account_id={self.id}")["messages"][-1]["code"]

    def verifies(self, kind, secret):
        headers = {"Authorization": f"Bearer {INFO['api_key']}", "Content-Type": "application/json"}
        path = f"/v1/accounts/{self.id}/secrets/{kind}/verify"
        return send("POST", path, headers, json.dumps({"secret": secret}).encode()).status == 200


def upper_md5(text):
    return hashlib.md5(text.encode()).hexdigest().upper()


def check(holds, *about):
    """Counts, so that the Rust side sees that a script did not end early."""
    global _checks
    assert holds, about
    _checks += 1


def finish():
    print(json.dumps({"checks": _checks}))
