// An issuer by @openid4vc/openid4vci and @openid4vc/oauth2, with credentials by @sd-jwt, for the bench: the libraries judge, and what
// they leave to whoever uses them (codes, nonces, tokens, headers) is kept here as 1.0 asks.  `node issuer.mjs MODULES`; prints
// {offers: [{link, pin}], browser: link, key} as JSON, and serves until stdin closes.
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
// what a holder who agrees in a browser has: requests by their address, codes by the request, tokens for one identifier alone
const [pushed, codes, precise] = [new Map(), new Map(), new Map()];
const IDENTIFIER = "card of Rosa";
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
  "/cards/par": async (body, request) => {
    const { authorizationRequest } = await server.parsePushedAuthorizationRequest({ authorizationRequest: Object.fromEntries(new URLSearchParams(body)), request });
    await server.verifyPushedAuthorizationRequest({ authorizationServerMetadata: metadata.authorizationServers[0], authorizationRequest, request });
    const [detail] = JSON.parse(authorizationRequest.authorization_details ?? "[]");
    if (detail?.credential_configuration_id !== "card" || authorizationRequest.issuer_state !== "of Rosa") throw new Refusal("invalid_request");
    const requestUri = `urn:ietf:params:oauth:request_uri:${word()}`;
    pushed.set(requestUri, authorizationRequest);
    return server.createPushedAuthorizationResponse({ requestUri, expiresInSeconds: 60 }).pushedAuthorizationResponse;
  },
  "/cards/authorize": (_, request) => {
    const query = new URL(request.url).searchParams;
    const asked = pushed.get(query.get("request_uri"));
    if (!asked || asked.client_id !== query.get("client_id")) throw new Refusal("invalid_request");
    pushed.delete(query.get("request_uri"));
    const code = word();
    codes.set(code, asked);
    return new URL(`${asked.redirect_uri}?${new URLSearchParams({ code, state: asked.state, iss: at })}`);
  },
  "/cards/token": async (body, request) => {
    const accessTokenRequest = Object.fromEntries(new URLSearchParams(body));
    const { grant, accessTokenRequest: parsed, pkceCodeVerifier } = server.parseAccessTokenRequest({ request, accessTokenRequest });
    if (grant.grantType === "authorization_code") {
      const asked = codes.get(grant.code);
      await server.verifyAuthorizationCodeAccessTokenRequest({
        authorizationServerMetadata: metadata.authorizationServers[0], grant, accessTokenRequest: parsed, request,
        expectedCode: asked ? grant.code : "used or unknown",
        pkce: { codeVerifier: pkceCodeVerifier, codeChallenge: asked?.code_challenge ?? "", codeChallengeMethod: asked?.code_challenge_method ?? "S256" },
      });
      if (parsed.redirect_uri !== asked.redirect_uri) throw new Refusal("invalid_grant");
      codes.delete(grant.code);
      const token = word();
      tokens.add(token);
      precise.set(token, true);
      const details = [{ type: "openid_credential", credential_configuration_id: "card", credential_identifiers: [IDENTIFIER] }];
      return { access_token: token, token_type: "Bearer", expires_in: 600, authorization_details: details };
    }
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
    const isPrecise = precise.has(request.headers.get("authorization").replace("Bearer ", ""));
    if (isPrecise && credentialRequest.credentialIdentifier !== IDENTIFIER) throw new Refusal("invalid_credential_request");
    if (!isPrecise && !credentialRequest.credentialConfiguration) {
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
    if (content instanceof URL) return response.writeHead(302, { location: content.href }).end();
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
    issuer: at, token_endpoint: `${at}/token`, grant_types_supported: [oauth.preAuthorizedCodeGrantIdentifier, oauth.authorizationCodeGrantIdentifier],
    authorization_endpoint: `${at}/authorize`, pushed_authorization_request_endpoint: `${at}/par`, require_pushed_authorization_requests: true,
    code_challenge_methods_supported: ["S256"], authorization_response_iss_parameter_supported: true,
    authorization_details_types_supported: ["openid_credential"],
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
const browser = await issuer.createCredentialOffer({
  issuerMetadata: metadata, credentialConfigurationIds: ["card"], grants: { [oauth.authorizationCodeGrantIdentifier]: { issuer_state: "of Rosa" } },
});
console.log(JSON.stringify({ offers, browser: browser.credentialOffer, key }));
