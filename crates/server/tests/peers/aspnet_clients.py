"""Callers of `tour` and `flowmeter` by mohawk, PyMongo's BSON, PyCryptodome and ElementTree.

Every request is signed by mohawk, and every answer to it, errors too, must prove itself to mohawk.
"""

import logging
import re
import time

import mohawk
import mohawk.util

from aspnet_bodies import read, writers
from legacy import PROFILES, flowmeter, tour, tour_credentials
from scene import INFO, LOGIN, URL, Person, check, finish, send

# It would warn before every answer that it remembers no nonces; a client need not.
logging.getLogger("mohawk").setLevel(logging.ERROR)
TOUR, FLOWMETER = "/api/WebInterface/Agent/ChangePayPassword", "/api/Agent/Ent/Password/ResetPwd"
HAWK = {**INFO["hawk"], "algorithm": "sha256"}
DONE = {"errcode": 0, "errmsg": "", "tag": None}
ACCEPTS = ["application/json", "text/json", "application/xml", "text/xml", "application/bson"]


def call(path, credentials, media, body, accept=None, **stamp):
    """Sends a signed request, and has mohawk prove the answer unless nobody with the key can have sent it."""
    sender = mohawk.Sender(credentials, URL + path, "POST", content=body, content_type=media, **stamp)
    return again(sender, path, media, body, accept)


def again(sender, path, media, body, accept=None):
    headers = {"Authorization": sender.request_header, "Content-Type": media}
    answer = send("POST", path, headers | ({"Accept": accept} if accept else {}), body)
    # The clock of a stale request is its own matter; here only MAC and content are judged.
    sender.accept_response(
        answer.headers["Server-Authorization"],
        content=answer.body,
        content_type=answer.headers["Content-Type"],
        timestamp_skew_in_seconds=10**9,
    )
    return answer


def tour_members(person, new, **profile):
    newpassword = tour(person.session, LOGIN, new, **profile)
    code = person.code("payment_change")
    return {"newpassword": newpassword, "verifycode": code, "mobile": person.mobile[-4:], "username": person.username}


def flowmeter_members(person, new, **how):
    code = person.code("login_reset")
    numbers = {"agentid": person.agentid, "usercode": person.usercode}
    return numbers | {"verifycode": code, "newpwd": flowmeter(code, new, **how)}


def every_body_and_every_answer():
    for n, (media, write) in enumerate(writers("tour")):
        person = Person(session=True)
        accept = ACCEPTS[n % len(ACCEPTS)]
        body = write(tour_members(person, f"tour-{n}"))
        answer = call(TOUR, tour_credentials(person.session, LOGIN), media, body, accept)
        order, result = read(answer)
        check((order, result) == (["errcode", "errmsg", "tag"], DONE), media, accept, answer.body)
        check(person.verifies("payment", f"tour-{n}"), media)
    rows = writers("flowmeter") + [writers("flowmeter.dosimeter")[2]]
    for n, (media, write) in enumerate(rows):
        person = Person()
        accept = ACCEPTS[-1 - n % len(ACCEPTS)]
        answer = call(FLOWMETER, HAWK, media, write(flowmeter_members(person, f"flow-{n}")), accept)
        order, result = read(answer)
        check((order, result) == (["errcode", "errmsg", "tag"], DONE), media, accept, answer.body)
        check(person.verifies("login", f"flow-{n}"), media)


def every_error_proves_itself():
    for accept in ACCEPTS:
        for media, write in writers("flowmeter"):
            answer = call(FLOWMETER, HAWK, media, write({"agentid": 5}), accept)
            order, result = read(answer)
            state = {f"parm.{name}": [f"The {name} field is required."] for name in ("usercode", "verifycode", "newpwd")}
            check(answer.status == 400 and order == ["Message", "ModelState"], media, accept, answer.body)
            check(result == {"Message": "The request is invalid.", "ModelState": state}, media, accept, result)
        body = writers("flowmeter")[0][1](flowmeter_members(Person(), "never") | {"verifycode": "000000"})
        order, result = read(call(FLOWMETER, HAWK, "application/json", body, accept))
        check(order == ["errcode", "errmsg", "tag"] and result["errcode"] == 1 and result["errmsg"], accept, result)
    answer = call(FLOWMETER, HAWK, "text/plain", b"x")
    order, _ = read(answer)
    check((answer.status, order) == (415, ["Message"]), answer.status)


def every_cipher_profile():
    write = writers("tour")[0][1]
    check(len(PROFILES) == 12)
    for profile in PROFILES:
        person = Person(session=True)
        body = write(tour_members(person, profile, profile=profile))
        answer = send("POST", TOUR, {"Content-Type": "application/json"}, body)
        check(read(answer)[1] == DONE, profile, answer.body)
        check(person.verifies("payment", profile), profile)
    for n, profile in enumerate(PROFILES):
        person = Person()
        how = {"write": [bytes.hex, lambda raw: raw.hex().upper()][n % 2]} if n % 3 else {}
        body = write(flowmeter_members(person, profile, profile=profile, **how))
        check(read(call(FLOWMETER, HAWK, "application/json", body))[1] == DONE, profile)
        check(person.verifies("login", profile), profile)


def clocks_and_replays():
    person = Person(session=True)
    for path, credentials in [(FLOWMETER, HAWK), (TOUR, tour_credentials(person.session, LOGIN))]:
        stale = call(path, credentials, "application/json", b"{}", _timestamp=str(int(time.time()) - 3600))
        challenge = dict(re.findall(r'(\w+)="([^"]*)"', stale.headers["WWW-Authenticate"]))
        check((stale.status, challenge["error"]) == (401, "Stale timestamp"), stale.status, challenge)
        tsm = mohawk.util.calculate_ts_mac(challenge["ts"], credentials).decode()
        check(tsm == challenge["tsm"] and abs(int(challenge["ts"]) - time.time()) < 60, challenge)
        fresh = call(path, credentials, "application/json", b"{}", _timestamp=challenge["ts"])
        check(fresh.status == 400, fresh.status)
        sender = mohawk.Sender(credentials, URL + path, "POST", content=b"{}", content_type="application/json")
        statuses = [again(sender, path, "application/json", b"{}").status for _ in range(2)]
        check(statuses == [400, 401], "a replay is refused whatever became of the first", path, statuses)
    write = writers("flowmeter")[0][1]
    body = write(flowmeter_members(Person(), "once"))
    sender = mohawk.Sender(HAWK, URL + FLOWMETER, "POST", content=body, content_type="application/json")
    first, second = (again(sender, FLOWMETER, "application/json", body) for _ in range(2))
    check((first.status, second.status) == (200, 401), first.status, second.status)
    check(second.headers["WWW-Authenticate"] == 'Hawk error="Invalid nonce"', second.headers)


every_body_and_every_answer()
every_error_proves_itself()
every_cipher_profile()
clocks_and_replays()
finish()
