"""Lets schemathesis past authentication: each dialect's own credential, signed or filled in at the last moment."""

import mohawk
import requests.auth
import schemathesis

import legacy
from scene import INFO, LOGIN, Person, native, send, upper_md5

API_KEY = f"Bearer {INFO['api_key']}"
DEMO = {"username": INFO["account"]["username"], "login": LOGIN}
SESSION = native("POST", "/v1/sessions", DEMO)
# Its end is one of the calls that are tried, so it is nobody else's.
ENDING = native("POST", "/v1/sessions", DEMO)
# schemathesis deletes what it has seen listed; the apps that it calls by must stay.
OWN_APPS = {app["id"] for app in native("GET", "/v1/apps")["data"]}
SPARE_APP = native("POST", "/v1/apps", {"name": "spare", "kind": "api", "scopes": []})["id"]
ACCOUNTS = {"delete": Person().id, "other": Person().id}
SPARK = "&".join(f"{name}={INFO['spark'][name]}" for name in ("appid", "appsecret"))
SPARK_TOKEN = send("GET", f"/v1/app/access?{SPARK}", {}).json()["data"]["accessToken"]

HAWK = {
    "/api/WebInterface/": {"id": SESSION["hawk_id"], "key": SESSION["session_key"] + upper_md5(LOGIN)},
    "/api/Agent/": INFO["hawk"],
}


class Credentials(requests.auth.AuthBase):
    """Chosen by path; HAWK signs what is sent in the end."""

    def __call__(self, request):
        path = request.path_url
        if path.startswith(("/oascchapi/", "/cch2oas/")):
            request.headers["token"] = SESSION["access_token"]
        elif path.startswith("/auth/"):
            request.headers["Authorization"] = f"Bearer {SESSION['access_token']}"
        elif path.startswith("/v1/sessions/current"):
            request.headers["Authorization"] = f"Bearer {ENDING['access_token']}"
        elif path.startswith("/api/"):
            request.headers["Authorization"] = sign(request, path)
        elif not path.startswith(("/v1/wallet/", "/v1/app/")):
            request.headers["Authorization"] = API_KEY
        return request


def sign(request, path):
    credentials = next(key for prefix, key in HAWK.items() if path.startswith(prefix))
    body, media = request.body or b"", request.headers.get("Content-Type") or ""
    body = body if isinstance(body, bytes) else body.encode()
    media = media if isinstance(media, str) else media.decode("latin-1")
    whole = {**credentials, "algorithm": "sha256"}
    return mohawk.Sender(whole, request.url, request.method, content=body, content_type=media).request_header


schemathesis.auth.set_from_requests(Credentials())


@schemathesis.hook
def before_call(context, case, **kwargs):
    """Names what exists, wherever something well formed was named; what is malformed stays as it is."""
    named = case.path_parameters or {}
    if str(named.get("id", "")).startswith("acct_"):
        named["id"] = ACCOUNTS["delete" if case.method.lower() == "delete" else "other"]
    if named.get("id") in OWN_APPS:
        named["id"] = SPARE_APP
    for members in (case.query, case.body):
        if isinstance(members, dict):
            fill_in(members)


def fill_in(members):
    known = {
        "accessToken": SPARK_TOKEN,
        "walletAddr": INFO["account"]["wallet_addr"],
        "username": INFO["account"]["username"],
        "account_id": ACCOUNTS["other"],
    }
    for name, value in known.items():
        # A wallet is named by one of two members, and both must then name the same one.
        if isinstance(members.get(name), str) and members[name] and name != "userId":
            members[name] = value
    if isinstance(members.get("newpassword"), str) and len(members["newpassword"]) <= 64:
        members["newpassword"] = legacy.tour(SESSION, LOGIN, "new-by-peers")
    code = members.get("verifycode")
    if isinstance(members.get("newpwd"), str) and isinstance(code, str) and len(code) <= 6:
        members["newpwd"] = legacy.flowmeter(code, "new-by-peers")
    if "walletAddr" in members:
        members.pop("userId", None)
