// An issuer by @openid4vc/openid4vci and a verifier by @openid4vc/openid4vp, with credentials by @sd-jwt, for a wallet of this project.
// `node others.mjs MODULES`; prints {base, offer, pin, request} as JSON, then a line for each thing that it was sent, until stdin closes.
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
const [modules, mode] = process.argv.slice(2);
const use = (name) => import(pathToFileURL(`${modules}/${name}`));
const jose = await use("jose/dist/webapi/index.js");
const vci = await use("@openid4vc/openid4vci/dist/index.mjs");
const vp = await use("@openid4vc/openid4vp/dist/index.mjs");
const oauth = await use("@openid4vc/oauth2/dist/index.mjs");
const { SDJwtVcInstance } = await use("@sd-jwt/sd-jwt-vc/dist/index.mjs");
oauth.setGlobalConfig({ allowInsecureUrls: true });
process.stdin.resume().on("end", () => process.exit(0));
const say = (value) => console.log(JSON.stringify(value));

const encode = (bytes) => Buffer.from(bytes).toString("base64url");
const digest = (data, algorithm) => new Uint8Array(createHash(algorithm.replace("-", "")).update(data).digest());
const signs = await jose.generateKeyPair("ES256", { extractable: true });
const signerJwk = await jose.exportJWK(signs.publicKey);
const did = `did:jwk:${encode(JSON.stringify(signerJwk))}`;
const seals = await jose.generateKeyPair("ECDH-ES", { crv: "P-256", extractable: true });
const sealJwk = { ...(await jose.exportJWK(seals.publicKey)), kid: "seal", use: "enc", alg: "ECDH-ES" };
const ecdsa = { name: "ECDSA", hash: "SHA-256" };
const verifierOf = async (jwk) => {
  const key = await jose.importJWK(jwk, "ES256");
  return async (data, signature) => crypto.subtle.verify(ecdsa, key, Buffer.from(signature, "base64url"), new TextEncoder().encode(data));
};
let holder;
const sdjwt = new SDJwtVcInstance({
  hasher: digest, hashAlg: "sha-256", saltGenerator: () => encode(randomBytes(16)), signAlg: "ES256",
  signer: async (data) => encode(await crypto.subtle.sign(ecdsa, signs.privateKey, new TextEncoder().encode(data))),
  verifier: await verifierOf(signerJwk),
  kbVerifier: async (data, signature, payload) => (await verifierOf(payload.cnf?.jwk ?? holder))(data, signature),
});
const callbacks = {
  hash: (data, algorithm) => digest(data, algorithm),
  generateRandom: (count) => new Uint8Array(randomBytes(count)),
  clientAuthentication: oauth.clientAuthenticationAnonymous(),
  signJwt: async (_signer, { header, payload }) => ({
    jwt: await new jose.SignJWT(payload).setProtectedHeader(header).sign(signs.privateKey), signerJwk,
  }),
  verifyJwt: async (signer, { compact }) => {
    await jose.compactVerify(compact, await jose.importJWK(signer.publicJwk, signer.alg));
    return { verified: true, signerJwk: signer.publicJwk };
  },
  decryptJwe: async (jwe) => {
    const { plaintext } = await jose.compactDecrypt(jwe, seals.privateKey);
    return { decrypted: true, decryptionJwk: sealJwk, payload: new TextDecoder().decode(plaintext) };
  },
};

const issuer = new vci.Openid4vciIssuer({ callbacks });
const verifier = new vp.Openid4vpVerifier({ callbacks });
const server = new oauth.Oauth2AuthorizationServer({ callbacks });
const pin = "4711";
const [code, token, nonce, word] = [1, 2, 3, 4].map(() => encode(randomBytes(16)));
let base, metadata, asked;
const answers = {
  "/.well-known/openid-credential-issuer": () => metadata.credentialIssuer,
  "/.well-known/oauth-authorization-server": () => metadata.authorizationServers[0],
  "/nonce": () => issuer.createNonceResponse({ cNonce: nonce }),
  "/token": async (body, request) => {
    const accessTokenRequest = Object.fromEntries(new URLSearchParams(body));
    const parsed = server.parseAccessTokenRequest({ request, accessTokenRequest });
    await server.verifyPreAuthorizedCodeAccessTokenRequest({
      authorizationServerMetadata: metadata.authorizationServers[0], grant: parsed.grant, accessTokenRequest: parsed.accessTokenRequest,
      request, expectedPreAuthorizedCode: code, expectedTxCode: pin,
    });
    return { access_token: token, token_type: "Bearer", expires_in: 60 };
  },
  "/credential": async (body, request) => {
    if (request.headers.get("authorization") !== `Bearer ${token}`) throw new Error("token");
    const credentialRequest = issuer.parseCredentialRequest({ issuerMetadata: metadata, credentialRequest: JSON.parse(body) });
    const [jwt] = credentialRequest.proofs.jwt;
    const { header } = await issuer.verifyCredentialRequestJwtProof({ jwt, issuerMetadata: metadata, expectedNonce: nonce });
    holder = header.jwk;
    const claims = { vct: "urn:test:card", iss: did, iat: Math.floor(Date.now() / 1000), cnf: { jwk: header.jwk }, name: "Rosa", blood: "0+" };
    const credential = await sdjwt.issue(claims, { _sd: ["name", "blood"] }, { header: { kid: `${did}#0` } });
    return issuer.createCredentialResponse({ credentialRequest, credentials: [{ credential }], notificationId: "n1" });
  },
  "/notification": (body) => { say({ notified: JSON.parse(body) }); return {}; },
  "/response": async (body) => {
    const parsed = await verifier.parseOpenid4vpAuthorizationResponse({
      authorizationResponse: Object.fromEntries(new URLSearchParams(body)), authorizationRequestPayload: asked, callbacks,
    });
    const [shown] = parsed.dcql.presentations.card;
    const verified = await sdjwt.verify(shown, { keyBindingNonce: word });
    say({ shown: verified.payload, aud: verified.kb.payload.aud, sealed: Boolean(parsed.jarm) });
    return {};
  },
};
const http = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const like = { method: request.method, url: `${base}${request.url}`, headers: new Headers(request.headers) };
  try {
    const content = await answers[request.url](Buffer.concat(parts).toString(), like);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(content));
  } catch (error) {
    say({ failed: String(error.stack ?? error) });
    response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify(error.errorResponse ?? { error: "invalid_request" }));
  }
});
await new Promise((done) => http.listen(0, "127.0.0.1", done));
base = `http://127.0.0.1:${http.address().port}`;
metadata = {
  originalDraftVersion: "V1", knownCredentialConfigurations: {},
  credentialIssuer: issuer.createCredentialIssuerMetadata({
    credential_issuer: base, credential_endpoint: `${base}/credential`, nonce_endpoint: `${base}/nonce`, notification_endpoint: `${base}/notification`,
    credential_configurations_supported: {
      card: { format: "dc+sd-jwt", vct: "urn:test:card", cryptographic_binding_methods_supported: ["jwk"], proof_types_supported: { jwt: { proof_signing_alg_values_supported: ["ES256"] } } },
    },
  }),
  authorizationServers: [{ issuer: base, token_endpoint: `${base}/token`, "pre-authorized_grant_anonymous_access_supported": true }],
};
metadata.knownCredentialConfigurations = metadata.credentialIssuer.credential_configurations_supported;
const { credentialOffer } = await issuer.createCredentialOffer({
  issuerMetadata: metadata, credentialConfigurationIds: ["card"],
  grants: { "urn:ietf:params:oauth:grant-type:pre-authorized_code": { "pre-authorized_code": code, tx_code: { input_mode: "numeric", length: 4 } } },
});
const made = await verifier.createOpenId4vpAuthorizationRequest({
  authorizationRequestPayload: {
    response_type: "vp_token", response_mode: mode, client_id: `redirect_uri:${base}/response`, response_uri: `${base}/response`, nonce: word, state: "s1",
    dcql_query: { credentials: [{ id: "card", format: "dc+sd-jwt", meta: { vct_values: ["urn:test:card"] }, claims: [{ path: ["blood"] }] }] },
    client_metadata: { vp_formats_supported: { "dc+sd-jwt": { "sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"] } }, ...(mode === "direct_post.jwt" ? { jwks: { keys: [sealJwk] }, encrypted_response_enc_values_supported: ["A256GCM"] } : {}) },
  },
});
asked = made.authorizationRequestPayload;
say({ offer: credentialOffer, pin, request: made.authorizationRequest });
