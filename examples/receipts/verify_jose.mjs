// node verify_jose.mjs jwks.json shop < receipt        (npm install jose)
import { readFileSync } from "node:fs";
import { createLocalJWKSet, jwtVerify } from "jose";

const keys = createLocalJWKSet(JSON.parse(readFileSync(process.argv[2], "utf8")));
const receipt = readFileSync(0, "utf8").trim();
// jose also takes other texts that decode to the same bytes.
const canonical = (part) => Buffer.from(part, "base64url").toString("base64url") === part;
if (!receipt.split(".").every(canonical)) throw new Error("not as it was signed");
const { payload } = await jwtVerify(receipt, keys, {
  typ: "receipt+jwt",
  algorithms: ["EdDSA", "ES256"],
  issuer: "countersign",
  audience: process.argv[3],
  requiredClaims: ["iat", "exp", "sub", "jti"],
});
console.log(JSON.stringify(payload));
