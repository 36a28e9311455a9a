// node verify_jose.mjs jwks.json shop < receipt        (npm install jose)
import { readFileSync } from "node:fs";
import { createLocalJWKSet, jwtVerify } from "jose";

const keys = createLocalJWKSet(JSON.parse(readFileSync(process.argv[2], "utf8")));
const receipt = readFileSync(0, "utf8").trim();
const { payload } = await jwtVerify(receipt, keys, {
  typ: "receipt+jwt",
  algorithms: ["EdDSA", "ES256"],
  issuer: "countersign",
  audience: process.argv[3],
  requiredClaims: ["iat", "exp", "sub", "jti"],
});
console.log(JSON.stringify(payload));
