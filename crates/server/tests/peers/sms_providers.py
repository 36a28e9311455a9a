"""Stands in for three providers of messages on one port of this machine: Aliyun (Dysmsapi SendSms 2017-05-25), Tencent
Cloud (SMS SendSms 2021-01-11) and Twilio (Messages.json 2010-04-01).

Checks each request's signature by the providers' own documents, with the standard library and nothing of the program
under test, and answers as they do. What it does with a message is said by the number's last four digits: see OUTCOMES.
Prints its port as one line of JSON, then one line for each request. Ends when its standard input does.
"""

import base64
import calendar
import hashlib
import hmac
import json
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEYS = {
    "aliyun": ("LTAIexample", "aliyun-secret-of-the-test"),
    "tencent": ("AKIDexample", "tencent-secret-of-the-test"),
    "twilio": ("SKexample", "twilio-secret-of-the-test"),
}
ACCOUNT = "ACexample"
OUTCOMES = {"0002": "number", "0003": "temporary", "0004": "settings", "0005": "silence"}
seen_nonces = set()
lock = threading.Lock()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def aliyun_fault(handler, query, body):
    """What is wrong with the request's signature, as its code; None if nothing is."""
    key_id, secret = KEYS["aliyun"]
    given = handler.headers.get("authorization", "")
    algorithm, _, fields = given.partition(" ")
    fields = dict(field.split("=", 1) for field in fields.split(","))
    if algorithm != "ACS3-HMAC-SHA256" or fields.get("Credential") != key_id:
        return "InvalidAccessKeyId.NotFound"
    names = fields["SignedHeaders"].split(";")
    needed = {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"}
    if not needed <= set(names) or handler.headers["x-acs-content-sha256"] != sha256(body):
        return "SignatureDoesNotMatch"
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=True)
    quote = lambda text: urllib.parse.quote(text, safe="~")
    canonical_query = "&".join(f"{quote(name)}={quote(value)}" for name, value in sorted(pairs))
    lines = "".join(f"{name}:{handler.headers[name].strip()}\n" for name in sorted(names))
    canonical = "\n".join(["POST", "/", canonical_query, lines, ";".join(sorted(names)), sha256(body)])
    to_sign = "ACS3-HMAC-SHA256\n" + sha256(canonical.encode())
    signature = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(signature, fields["Signature"]):
        return "SignatureDoesNotMatch"
    at = calendar.timegm(time.strptime(handler.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ"))
    if abs(at - time.time()) > 900:
        return "InvalidTimeStamp.Expired"
    with lock:
        nonce = handler.headers["x-acs-signature-nonce"]
        if nonce in seen_nonces:
            return "SignatureNonceUsed"
        seen_nonces.add(nonce)
    if (handler.headers["x-acs-action"], handler.headers["x-acs-version"]) != ("SendSms", "2017-05-25"):
        return "InvalidAction.NotFound"
    return None


def aliyun(handler, query, body):
    code = aliyun_fault(handler, query, body)
    if code:
        return 400, {"Code": code, "Message": "refused", "RequestId": "R"}, {"refused": code}
    asked = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
    number = asked["PhoneNumbers"]
    seen = {
        "to": number,
        "sign": asked["SignName"],
        "template": asked["TemplateCode"],
        "params": json.loads(asked["TemplateParam"]),
    }
    told = {
        "number": "isv.MOBILE_NUMBER_ILLEGAL",
        "temporary": "isp.SYSTEM_ERROR",
        "settings": "isv.SMS_SIGNATURE_ILLEGAL",
    }
    code = told.get(OUTCOMES.get(number[-4:]), "OK")
    # It repeats the number, as providers do; that must not get into anybody's log.
    return 200, {"Code": code, "Message": f"{number} {asked['TemplateParam']}", "RequestId": "R"}, seen


def tencent_fault(handler, body):
    key_id, secret = KEYS["tencent"]
    algorithm, _, fields = handler.headers.get("authorization", "").partition(" ")
    fields = dict(field.strip().split("=", 1) for field in fields.split(","))
    stamp = handler.headers["x-tc-timestamp"]
    date = time.strftime("%Y-%m-%d", time.gmtime(int(stamp)))
    scope = f"{date}/sms/tc3_request"
    if algorithm != "TC3-HMAC-SHA256" or fields.get("Credential") != f"{key_id}/{scope}":
        return "AuthFailure.SecretIdNotFound"
    names = fields["SignedHeaders"].split(";")
    if names != sorted(names) or not {"content-type", "host"} <= set(names):
        return "AuthFailure.SignatureFailure"
    lines = "".join(f"{name}:{handler.headers[name].strip().lower()}\n" for name in names)
    canonical = "\n".join(["POST", "/", "", lines, ";".join(names), sha256(body)])
    to_sign = "\n".join([algorithm, stamp, scope, sha256(canonical.encode())])
    key = mac(mac(mac(("TC3" + secret).encode(), date), "sms"), "tc3_request")
    if not hmac.compare_digest(mac(key, to_sign).hex(), fields["Signature"]):
        return "AuthFailure.SignatureFailure"
    if abs(int(stamp) - time.time()) > 300:
        return "AuthFailure.SignatureExpire"
    if (handler.headers["x-tc-action"], handler.headers["x-tc-version"]) != ("SendSms", "2021-01-11"):
        return "InvalidAction"
    return None if handler.headers["x-tc-region"] else "MissingParameter"


def tencent(handler, _query, body):
    code = tencent_fault(handler, body)
    if code:
        return 200, {"Response": {"Error": {"Code": code, "Message": "refused"}, "RequestId": "R"}}, {"refused": code}
    asked = json.loads(body)
    (number,) = asked["PhoneNumberSet"]
    seen = {
        "to": number,
        "sign": asked.get("SignName"),
        "template": asked["TemplateId"],
        "params": asked["TemplateParamSet"],
        "app": asked["SmsSdkAppId"],
    }
    outcome = OUTCOMES.get(number[-4:])
    code = "InvalidParameterValue.IncorrectPhoneNumber" if outcome == "number" else "Ok"
    status = {"SerialNo": "1", "PhoneNumber": number, "Fee": 1, "Code": code, "Message": number}
    return 200, {"Response": {"SendStatusSet": [status], "RequestId": "R"}}, seen


def twilio(handler, _query, body):
    key_id, secret = KEYS["twilio"]
    proof = "Basic " + base64.b64encode(f"{key_id}:{secret}".encode()).decode()
    if not hmac.compare_digest(handler.headers.get("authorization", ""), proof):
        return 401, {"code": 20003, "message": "Authenticate", "status": 401}, {"refused": 20003}
    if handler.path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
        return 404, {"code": 20404, "message": "not found", "status": 404}, {"refused": 20404}
    asked = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
    seen = {"to": asked["To"], "from": asked.get("From") or asked.get("MessagingServiceSid"), "body": asked["Body"]}
    if OUTCOMES.get(asked["To"][-4:]) == "number":
        return 400, {"code": 21211, "message": f"{asked['To']} is not a number", "status": 400}, seen
    return 201, {"sid": "SM1", "status": "queued", "to": asked["To"], "error_code": None}, seen


class Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if path != "/":
            name, answer = "twilio", twilio
        elif "x-tc-action" in self.headers:
            name, answer = "tencent", tencent
        else:
            name, answer = "aliyun", aliyun
        status, told, seen = answer(self, query, body)
        print(json.dumps({"provider": name, **seen}), flush=True)
        if name == "aliyun" and OUTCOMES.get(str(seen.get("to", ""))[-4:]) == "silence":
            # It took the message, and says so to nobody: until the caller hangs up.
            self.rfile.read(1)
            self.close_connection = True
            return
        data = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps({"port": server.server_port}), flush=True)
sys.stdin.read()
