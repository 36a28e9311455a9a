"""Verifies messages of webhooks with the standard's own library (v1), and with Ed25519 of another (v1a)."""

import base64
import json
import os

from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa
from standardwebhooks.webhooks import Webhook, WebhookVerificationError


def verify(case):
    headers, body, key = case["headers"], case["body"], case["key"]
    if key.startswith("whsec_"):
        return Webhook(key).verify(body, headers)
    public = eddsa.import_public_key(base64.b64decode(key.removeprefix("whpk_")))
    version, signature = headers["webhook-signature"].split(",", 1)
    assert version == "v1a" and isinstance(public, ECC.EccKey)
    signed = f'{headers["webhook-id"]}.{headers["webhook-timestamp"]}.{body}'.encode()
    eddsa.new(public, "rfc8032").verify(signed, base64.b64decode(signature))
    return json.loads(body)


for case in json.loads(os.environ["CASES"]):
    assert verify(case)["data"]["id"] == case["headers"]["webhook-id"]
    try:
        verify({**case, "body": case["body"] + " "})
    except (WebhookVerificationError, ValueError):
        continue
    raise SystemExit("a changed body was verified")
for case in json.loads(os.environ["WRONG"]):
    try:
        verify(case)
    except WebhookVerificationError:
        continue
    raise SystemExit("another secret's signature was verified")
print("verified")
