// node verify_crypto.mjs jwks.json shop < receipt        (Node.js alone)
import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";

const { keys } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const parts = readFileSync(0, "utf8").trim().split(".");
const [head, body, signature] = parts.map((part) => Buffer.from(part, "base64url"));
// Node.js also takes other texts that decode to the same bytes.
const canonical = (part) => Buffer.from(part, "base64url").toString("base64url") === part;
if (parts.length !== 3 || !parts.every(canonical)) throw new Error("not as it was signed");
const header = JSON.parse(head);
const jwk = keys.find(({ kid }) => kid === header.kid);
if (header.alg !== jwk.alg || header.typ !== "receipt+jwt") throw new Error("no receipt");
const key = { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" };
const hash = jwk.alg === "ES256" ? "sha256" : null;
if (!verify(hash, Buffer.from(`${parts[0]}.${parts[1]}`), key, signature)) throw new Error("wrong signature");
const claims = JSON.parse(body);
if (claims.iss !== "countersign" || claims.aud !== process.argv[3]) throw new Error("not for us");
if (claims.exp <= Date.now() / 1000) throw new Error("expired");
console.log(JSON.stringify(claims));
