// An OpenID provider on loopback: npm's `oidc-provider`, driven through its whole authorization code flow (RFC 6749, 4.1,
// with PKCE), and `jose` for tokens that a provider would never sign. Reads one JSON object a line, answers with one.
//
//   {"do": "login", "sub", "sid", "acr"?, "resource"?}   a person logs in: {"token"}
//   {"do": "sign", "claims", "typ"?, "key"?}             the provider's key over any claims: {"token"}
//   {"do": "forge", "how", "claims"}                     what must not be taken: {"token"}
//   {"do": "rotate"} {"do": "down"} {"do": "up"}         other keys; not there; there again: {}
import { createHash, createPublicKey, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// Modules are found where they were installed, not beside this file.
const require = createRequire(`${process.env.NODE_PATH}/`);
const load = async (name) => import(pathToFileURL(require.resolve(name)));
const { default: Provider } = await load('oidc-provider');
const { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } = await load('jose');

const CLIENT = { id: 'shop', redirect: 'http://127.0.0.1:1/callback' };
const AUDIENCE = process.argv[2];
let logins = {};
let keys, provider, server, port = 0;

async function fresh() {
  const made = {};
  for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA']) {
    const { privateKey } = await generateKeyPair(alg, { extractable: true });
    const jwk = await exportJWK(privateKey);
    made[alg] = { privateKey, jwk: { ...jwk, alg, use: 'sig', kid: randomBytes(8).toString('hex') } };
  }
  return made;
}

function issuer() {
  return `http://127.0.0.1:${port}`;
}

function make() {
  provider = new Provider(issuer(), {
    clients: [{
      client_id: CLIENT.id, token_endpoint_auth_method: 'none', redirect_uris: [CLIENT.redirect],
      application_type: 'native', grant_types: ['authorization_code'], response_types: ['code'],
    }],
    acrValues: ['urn:strong', 'urn:weak'],
    jwks: { keys: Object.values(keys).map(({ jwk }) => jwk) },
    cookies: { keys: ['a key of a test'] },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, audience) => ({
          scope: 'pay', audience, accessTokenFormat: 'jwt', accessTokenTTL: 300,
          jwt: { sign: { alg: logins.alg ?? 'RS256' } },
        }),
      },
    },
    extraTokenClaims: () => ({ sid: logins.sid, auth_time: logins.auth_time, acr: logins.acr }),
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    ttl: { Session: 600, Grant: 600, Interaction: 600, AccessToken: 300 },
  });
  provider.on('server_error', (ctx, error) => console.error(error));
}

async function interact(request, response) {
  const details = await provider.interactionDetails(request, response);
  if (details.prompt.name === 'login') {
    const login = { accountId: logins.sub };
    return provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
  }
  const grant = new provider.Grant({ accountId: details.session.accountId, clientId: CLIENT.id });
  grant.addOIDCScope('openid');
  grant.addResourceScope(AUDIENCE, 'pay');
  const consent = { grantId: await grant.save() };
  return provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
}

function up() {
  server = createServer((request, response) => {
    if (request.url.startsWith('/interaction/')) {
      interact(request, response).catch((error) => response.writeHead(500).end(String(error)));
    } else if (request.url === '/large') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ keys: [], filling: 'x'.repeat(300 * 1024) }));
    } else if (request.url === '/elsewhere') {
      response.writeHead(302, { location: '/jwks' }).end();
    } else {
      provider.callback()(request, response);
    }
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => {
    port = server.address().port;
    resolve();
  }));
}

function down() {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}

/** The whole flow, as a browser and the client behind it walk it. */
async function login(asked) {
  logins = { auth_time: Math.floor(Date.now() / 1000), ...asked };
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const cookies = new Map();
  let place = `${issuer()}/auth?${new URLSearchParams({
    client_id: CLIENT.id, response_type: 'code', scope: 'openid pay', redirect_uri: CLIENT.redirect,
    code_challenge: challenge, code_challenge_method: 'S256', resource: AUDIENCE,
  })}`;
  while (!place.startsWith(CLIENT.redirect)) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(place, { redirect: 'manual', headers: { cookie } });
    for (const set of answer.headers.getSetCookie()) {
      const [pair] = set.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    if (!answer.headers.get('location')) throw new Error(`${place}: ${answer.status} ${await answer.text()}`);
    place = new URL(answer.headers.get('location'), issuer()).href;
  }
  const code = new URL(place).searchParams.get('code');
  if (!code) throw new Error(place);
  const answer = await fetch(`${issuer()}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code', code, redirect_uri: CLIENT.redirect, client_id: CLIENT.id,
      code_verifier: verifier,
    }),
  });
  const token = await answer.json();
  if (!token.access_token) throw new Error(JSON.stringify(token));
  return { token: token.access_token, id_token: token.id_token };
}

async function sign({ claims, typ = 'at+jwt', alg = 'ES256', kid }) {
  const { privateKey, jwk } = keys[alg];
  const header = { alg, kid: kid ?? jwk.kid, ...(typ ? { typ } : {}) };
  return { token: await new SignJWT(claims).setProtectedHeader(header).sign(privateKey) };
}

async function forge({ how, claims }) {
  const { jwk } = keys.RS256;
  switch (how) {
    case 'none':
      return { token: new UnsecuredJWT(claims).encode() };
    case 'hs256': {
      // The public key, as everybody can read it, for a shared secret.
      const text = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
      const header = { alg: 'HS256', kid: jwk.kid, typ: 'at+jwt' };
      return { token: await new SignJWT(claims).setProtectedHeader(header).sign(new TextEncoder().encode(text)) };
    }
    case 'stranger': {
      const { privateKey } = await generateKeyPair('RS256');
      const header = { alg: 'RS256', kid: jwk.kid, typ: 'at+jwt' };
      return { token: await new SignJWT(claims).setProtectedHeader(header).sign(privateKey) };
    }
    case 'own_key': {
      // The forger's own key, shown in the header.
      const { privateKey, publicKey } = await generateKeyPair('ES256');
      const header = { alg: 'ES256', jwk: await exportJWK(publicKey), typ: 'at+jwt' };
      return { token: await new SignJWT(claims).setProtectedHeader(header).sign(privateKey) };
    }
    default:
      throw new Error(how);
  }
}

async function act(asked) {
  switch (asked.do) {
    case 'login': return login(asked);
    case 'sign': return sign(asked);
    case 'forge': return forge(asked);
    case 'down': await down(); return {};
    case 'up': await up(); return {};
    case 'rotate': keys = await fresh(); make(); return {};
    default: throw new Error(asked.do);
  }
}

keys = await fresh();
await up();
make();
console.log(JSON.stringify({ issuer: issuer() }));
for await (const line of createInterface({ input: process.stdin })) {
  try {
    console.log(JSON.stringify(await act(JSON.parse(line))));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error?.stack ?? error) }));
  }
}
process.exit(0);
