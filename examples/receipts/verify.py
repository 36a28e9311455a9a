# python verify.py jwks.json shop < receipt        (pip install "pyjwt[crypto]>=2.15.1")
import json
import sys

import jwt

keys = jwt.PyJWKSet.from_dict(json.load(open(sys.argv[1])))
receipt = sys.stdin.read().strip()
header = jwt.get_unverified_header(receipt)
key = keys[header["kid"]]  # KeyError: signed with a key that is not in the set
if header["typ"] != "receipt+jwt":
    sys.exit("signed, but not a receipt")
claims = jwt.decode(
    receipt, key, algorithms=[key.algorithm_name],  # the key's algorithm, not the token's
    issuer="countersign", audience=sys.argv[2], options={"require": ["iat", "exp", "sub", "jti"]},
    leeway=10,  # seconds that this clock may be behind the server's
)
print(json.dumps(claims))
