// An issuer by @openid4vc/openid4vci and @openid4vc/oauth2, with credentials by @sd-jwt, for the bench: the libraries judge, and what
// they leave to whoever uses them (codes, nonces, tokens, headers) is kept here as 1.0 asks.  `node issuer.mjs MODULES`; prints
// {offers: [{link, pin}], key} as JSON, and serves until stdin closes.
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
const [modules] = process.argv.slice(2);
const use = (name) => import(pathToFileURL(`${modules}/${name}`));
const jose = await use("jose/dist/webapi/index.js");
const vci = await use("@openid4vc/openid4vci/dist/index.mjs");
const oauth = await use("@openid4vc/oauth2/dist/index.mjs");
const { SDJwtVcInstance } = await use("@sd-jwt/sd-jwt-vc/dist/index.mjs");
oauth.setGlobalConfig({ allowInsecureUrls: true });
process.stdin.resume().on("end", () => process.exit(0));

const encode = (bytes) => Buffer.from(bytes).toString("base64url");
const word = () => encode(randomBytes(24));
const digest = (data, algorithm) => new Uint8Array(createHash(algorithm.replace("-", "")).update(data).digest());
const signs = await jose.generateKeyPair("ES256", { extractable: true });
const key = await jose.exportJWK(signs.publicKey);
const did = `did:jwk:${encode(JSON.stringify(key))}`;
const sdjwt = new SDJwtVcInstance({
  hasher: digest, hashAlg: "sha-256", saltGenerator: word, signAlg: "ES256",
  signer: async (data) => encode(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, signs.privateKey, new TextEncoder().encode(data))),
});
const callbacks = {
  hash: digest, generateRandom: (count) => new Uint8Array(randomBytes(count)), clientAuthentication: oauth.clientAuthenticationAnonymous(),
  verifyJwt: async (signer, { compact }) => {
    await jose.compactVerify(compact, await jose.importJWK(signer.publicJwk, signer.alg));
    return { verified: true, signerJwk: signer.publicJwk };
  },
};
const issuer = new vci.Openid4vciIssuer({ callbacks });
const server = new oauth.Oauth2AuthorizationServer({ callbacks });
const pins = new Map();
const [tokens, nonces, given] = [new Set(), new Set(), new Set()];
let base, metadata;

class Refusal extends Error {
  constructor(error, status = 400) { super(error); this.errorResponse = { error }; this.status = status; }
}
const isIn = (request) => {
  if (!tokens.has(request.headers.get("authorization")?.replace("Bearer ", ""))) throw new Refusal("invalid_token", 401);
};
const answers = {
  "/.well-known/openid-credential-issuer/cards": () => metadata.credentialIssuer,
  "/.well-known/oauth-authorization-server/cards": () => metadata.authorizationServers[0],
  "/cards/nonce": () => {
    const nonce = word();
    nonces.add(nonce);
    return issuer.createNonceResponse({ cNonce: nonce });
  },
  "/cards/token": async (body, request) => {
    const accessTokenRequest = Object.fromEntries(new URLSearchParams(body));
    const { grant, accessTokenRequest: parsed } = server.parseAccessTokenRequest({ request, accessTokenRequest });
    const code = grant.preAuthorizedCode;
    await server.verifyPreAuthorizedCodeAccessTokenRequest({
      authorizationServerMetadata: metadata.authorizationServers[0], grant, accessTokenRequest: parsed, request,
      expectedPreAuthorizedCode: pins.has(code) ? code : "used or unknown", expectedTxCode: pins.get(code) || undefined,
    });
    pins.delete(code);
    const token = word();
    tokens.add(token);
    return { access_token: token, token_type: "Bearer", expires_in: 600 };
  },
  "/cards/credential": async (body, request) => {
    isIn(request);
    const credentialRequest = issuer.parseCredentialRequest({ issuerMetadata: metadata, credentialRequest: JSON.parse(body) });
    if (!credentialRequest.credentialConfiguration) {
      throw new Refusal(credentialRequest.credentialIdentifier ? "unknown_credential_identifier" : "invalid_credential_request");
    }
    const jwts = credentialRequest.proofs?.jwt;
    if (!jwts) throw new Refusal("invalid_proof");
    const credentials = [];
    for (const jwt of jwts) {
      const { header, payload } = await issuer.verifyCredentialRequestJwtProof({ jwt, issuerMetadata: metadata });
      if (!nonces.has(payload.nonce)) throw new Refusal(payload.nonce ? "invalid_nonce" : "invalid_proof");
      const claims = { vct: "urn:test:card", iss: did, iat: Math.floor(Date.now() / 1000), cnf: { jwk: header.jwk }, name: "Rosa", blood: "0+" };
      credentials.push({ credential: await sdjwt.issue(claims, { _sd: ["name", "blood"] }, { header: { kid: `${did}#0` } }) });
      given.add(payload.nonce);
    }
    given.forEach((nonce) => nonces.delete(nonce));
    const notificationId = word();
    given.add(notificationId);
    return issuer.createCredentialResponse({ credentialRequest, credentials, notificationId });
  },
  "/cards/notification": (body, request) => {
    isIn(request);
    const { notification_id: id, event } = JSON.parse(body);
    if (!["credential_accepted", "credential_failure", "credential_deleted"].includes(event)) throw new Refusal("invalid_notification_request");
    if (!given.has(id)) throw new Refusal("invalid_notification_id");
  },
};
const http = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const like = { method: request.method, url: `${base}${request.url}`, headers: new Headers(request.headers) };
  const headers = { "content-type": "application/json", "cache-control": "no-store" };
  const answer = answers[request.url.split("?")[0]];
  try {
    if (!answer) throw new Refusal("not_found", 404);
    const content = await answer(Buffer.concat(parts).toString(), like);
    response.writeHead(content ? 200 : 204, headers).end(content && JSON.stringify(content));
  } catch (error) {
    const refused = error.errorResponse ?? { error: request.url.endsWith("token") ? "invalid_request" : "invalid_credential_request" };
    const status = error.status ?? 400;
    response.writeHead(status, status === 401 ? { ...headers, "www-authenticate": "Bearer" } : headers).end(JSON.stringify(refused));
  }
});
await new Promise((done) => http.listen(0, "127.0.0.1", done));
base = `http://127.0.0.1:${http.address().port}`;
const at = `${base}/cards`;
const card = {
  format: "dc+sd-jwt", vct: "urn:test:card", cryptographic_binding_methods_supported: ["jwk"],
  proof_types_supported: { jwt: { proof_signing_alg_values_supported: ["ES256"] } },
};
metadata = {
  originalDraftVersion: "V1",
  credentialIssuer: issuer.createCredentialIssuerMetadata({
    credential_issuer: at, credential_endpoint: `${at}/credential`, nonce_endpoint: `${at}/nonce`, notification_endpoint: `${at}/notification`,
    batch_credential_issuance: { batch_size: 2 }, credential_configurations_supported: { card },
  }),
  authorizationServers: [{
    issuer: at, token_endpoint: `${at}/token`, grant_types_supported: [oauth.preAuthorizedCodeGrantIdentifier],
    "pre-authorized_grant_anonymous_access_supported": true,
  }],
};
metadata.knownCredentialConfigurations = metadata.credentialIssuer.credential_configurations_supported;
const offers = [];
for (const pin of ["4711", "0042", "9876", ""]) {
  const code = word();
  pins.set(code, pin);
  const { credentialOffer } = await issuer.createCredentialOffer({
    issuerMetadata: metadata, credentialConfigurationIds: ["card"],
    grants: { [oauth.preAuthorizedCodeGrantIdentifier]: { "pre-authorized_code": code, ...(pin ? { tx_code: { input_mode: "numeric", length: 4 } } : {}) } },
  });
  offers.push({ link: credentialOffer, pin });
}
console.log(JSON.stringify({ offers, key }));
