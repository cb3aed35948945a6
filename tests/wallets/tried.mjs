// A wallet of programs by others for the tracks vci.wallet and vp.wallet: @openid4vc/openid4vci receives, @sd-jwt verifies and shows,
// @openid4vc/openid4vp answers.  `node tried.mjs MODULES` reads {offers, requests} from standard input; prints what became of
// each number as JSON.  It does what the programs do by themselves, and tells the errors that they raise.
import { createHash, randomBytes } from "node:crypto";
import { pathToFileURL } from "node:url";
const [modules] = process.argv.slice(2);
const use = (name) => import(pathToFileURL(`${modules}/${name}`));
const jose = await use("jose/dist/webapi/index.js");
const vci = await use("@openid4vc/openid4vci/dist/index.mjs");
const vp = await use("@openid4vc/openid4vp/dist/index.mjs");
const oauth = await use("@openid4vc/oauth2/dist/index.mjs");
const { SDJwtVcInstance } = await use("@sd-jwt/sd-jwt-vc/dist/index.mjs");
oauth.setGlobalConfig({ allowInsecureUrls: true });
let given = "";
for await (const part of process.stdin) given += part;
const { offers = [], requests = [] } = JSON.parse(given);

const encode = (bytes) => Buffer.from(bytes).toString("base64url");
const digest = (data, algorithm) => new Uint8Array(createHash(algorithm.replace("-", "")).update(data).digest());
const ecdsa = { name: "ECDSA", hash: "SHA-256" };
const holder = await jose.generateKeyPair("ES256", { extractable: true });
const publicJwk = await jose.exportJWK(holder.publicKey);
const keyOf = async (chain, alg) =>
  jose.exportJWK(await jose.importX509(`-----BEGIN CERTIFICATE-----\n${chain[0]}\n-----END CERTIFICATE-----`, alg, { extractable: true }));
const callbacks = {
  hash: (data, algorithm) => digest(data, algorithm),
  generateRandom: (count) => new Uint8Array(randomBytes(count)),
  clientAuthentication: oauth.clientAuthenticationAnonymous(),
  signJwt: async (_signer, { header, payload }) => ({
    jwt: await new jose.SignJWT(payload).setProtectedHeader(header).sign(holder.privateKey), signerJwk: publicJwk,
  }),
  verifyJwt: async (signer, { compact }) => {
    const signerJwk = signer.publicJwk ?? (await keyOf(signer.x5c, signer.alg));
    try {
      await jose.compactVerify(compact, await jose.importJWK(signerJwk, signer.alg));
      return { verified: true, signerJwk };
    } catch {
      return { verified: false };
    }
  },
  getX509CertificateMetadata: () => ({ sanDnsNames: [], sanUriNames: [] }),
};
const readerOf = async (text) => {
  const key = await jose.importJWK(await keyOf(jose.decodeProtectedHeader(text.split("~")[0]).x5c, "ES256"), "ES256");
  return new SDJwtVcInstance({
    hasher: digest, hashAlg: "sha-256", saltGenerator: () => encode(randomBytes(16)), signAlg: "ES256", kbSignAlg: "ES256",
    verifier: async (data, signature) => crypto.subtle.verify(ecdsa, key, Buffer.from(signature, "base64url"), new TextEncoder().encode(data)),
    kbSigner: async (data) => encode(await crypto.subtle.sign(ecdsa, holder.privateKey, new TextEncoder().encode(data))),
  });
};

const why = [];
async function receive({ link, pin }) {
  const client = new vci.Openid4vciClient({ callbacks });
  const credentialOffer = await client.resolveCredentialOffer(link);
  const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer);
  const { accessTokenResponse } = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({ credentialOffer, issuerMetadata, txCode: pin });
  const [credentialConfigurationId] = credentialOffer.credential_configuration_ids;
  const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata });
  const { jwt } = await client.createCredentialRequestJwtProof({
    issuerMetadata, signer: { method: "jwk", alg: "ES256", publicJwk }, nonce, credentialConfigurationId,
  });
  const { credentialResponse } = await client.retrieveCredentials({
    accessToken: accessTokenResponse.access_token, credentialConfigurationId, issuerMetadata, proofs: { jwt: [jwt] },
  });
  const text = credentialResponse.credentials[0].credential;
  await (await readerOf(text)).verify(text);
  return text;
}

async function tell(link, error) {
  const fields = new URL(link).searchParams;
  const code = error.errorResponse?.error;
  if (!code || !fields.has("response_uri")) return;
  await fetch(fields.get("response_uri"), { method: "POST", body: new URLSearchParams({ error: code, state: fields.get("state") }) });
}

async function show({ link }, text) {
  const wallet = new vp.Openid4vpClient({ callbacks });
  const { params } = wallet.parseOpenid4vpAuthorizationRequest({ authorizationRequest: link });
  const resolved = await wallet.resolveOpenId4vpAuthorizationRequest({ authorizationRequestPayload: params });
  const asked = resolved.authorizationRequestPayload;
  const reader = await readerOf(text);
  const claims = await reader.getClaims(text);
  const [query] = asked.dcql_query.credentials;
  if (!query.meta.vct_values.includes(claims.vct)) throw Object.assign(new Error("nothing fits"), { errorResponse: { error: "access_denied" } });
  const frame = {};
  for (const { path } of query.claims ?? []) {
    const names = path.filter((step) => typeof step === "string");
    names.reduce((inner, name, place) => (inner[name] = place + 1 === names.length ? true : (inner[name] ?? {})), frame);
  }
  const shown = await reader.present(text, frame, {
    kb: { payload: { iat: Math.floor(Date.now() / 1000), nonce: asked.nonce, aud: asked.client_id } },
  });
  const answer = await wallet.createOpenid4vpAuthorizationResponse({
    authorizationRequestPayload: asked, authorizationResponsePayload: { vp_token: { [query.id]: [shown] } },
  });
  await wallet.submitOpenid4vpAuthorizationResponse({
    authorizationRequestPayload: asked, authorizationResponsePayload: answer.authorizationResponsePayload, jarm: answer.jarm,
  });
}

const told = {};
let text;
for (const offer of offers) {
  try {
    text = await receive(offer);
    told[offer.number ?? 0] = "kept";
  } catch (error) {
    told[offer.number ?? 0] = "refused";
    why.push(`${offer.number}: ${error}`);
  }
}
for (const request of requests) {
  try {
    await show(request, text);
    told[request.number] = "answered";
  } catch (error) {
    told[request.number] = "refused";
    why.push(`${request.number}: ${error} ${JSON.stringify(error.errorResponse)}`);
    await tell(request.link, error);
  }
}
console.log(JSON.stringify({ told, why }));
