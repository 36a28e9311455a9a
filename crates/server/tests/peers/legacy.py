"""What callers of documents 001 and 004 compute, written down once more from the documents, over PyCryptodome."""

import base64
import hashlib
import hmac

from Crypto.Cipher import DES3
from Crypto.Util.Padding import pad

from scene import upper_md5

KDFS = {
    "sha256": lambda message: hashlib.sha256(message).digest(),
    "hmac_sha256_self": lambda message: hmac.digest(message, message, "sha256"),
    "hmac_sha256_empty_message": lambda message: hmac.digest(message, b"", "sha256"),
    "hmac_sha256_empty_key": lambda message: hmac.digest(b"", message, "sha256"),
}
MODES = {
    "ecb": lambda key: DES3.new(key, DES3.MODE_ECB),
    "cbc_zero_iv": lambda key: DES3.new(key, DES3.MODE_CBC, iv=bytes(8)),
    "cbc_key_iv": lambda key: DES3.new(key, DES3.MODE_CBC, iv=key[:8]),
}
PROFILES = [f"{kdf}+{mode}" for kdf in KDFS for mode in MODES]


def encrypt(profile, message, new):
    kdf, mode = profile.split("+")
    key = KDFS[kdf](message.encode())[:24]
    return MODES[mode](key).encrypt(pad(upper_md5(new).encode(), 8))


def tour(session, login, new, profile="sha256+ecb"):
    return base64.b64encode(encrypt(profile, session["session_key"] + upper_md5(login), new)).decode()


def flowmeter(code, new, profile="sha256+ecb", write=lambda raw: base64.b64encode(raw).decode()):
    return write(encrypt(profile, upper_md5(code), new))


def tour_credentials(session, login):
    return {"id": session["hawk_id"], "key": session["session_key"] + upper_md5(login), "algorithm": "sha256"}
