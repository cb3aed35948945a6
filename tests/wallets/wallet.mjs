// A wallet of programs by others: fetches a credential by @openid4vc/openid4vci, verifies it by @sd-jwt, shows a part of it by
// @openid4vc/openid4vp.  `node wallet.mjs MODULES OFFER PIN REQUEST`; prints what it saw as JSON.
import { createHash, randomBytes } from "node:crypto";
import { pathToFileURL } from "node:url";
const [modules, offerLink, pin, requestLink] = process.argv.slice(2);
const use = (name) => import(pathToFileURL(`${modules}/${name}`));
const jose = await use("jose/dist/webapi/index.js");
const vci = await use("@openid4vc/openid4vci/dist/index.mjs");
const vp = await use("@openid4vc/openid4vp/dist/index.mjs");
const oauth = await use("@openid4vc/oauth2/dist/index.mjs");
const { SDJwtVcInstance } = await use("@sd-jwt/sd-jwt-vc/dist/index.mjs");
oauth.setGlobalConfig({ allowInsecureUrls: true });

const holder = await jose.generateKeyPair("ES256", { extractable: true });
const publicJwk = await jose.exportJWK(holder.publicKey);
const digest = (data, algorithm) => new Uint8Array(createHash(algorithm.replace("-", "")).update(data).digest());
const callbacks = {
  hash: (data, algorithm) => digest(data, algorithm),
  generateRandom: (count) => new Uint8Array(randomBytes(count)),
  clientAuthentication: oauth.clientAuthenticationAnonymous(),
  signJwt: async (_signer, { header, payload }) => ({
    jwt: await new jose.SignJWT(payload).setProtectedHeader(header).sign(holder.privateKey), signerJwk: publicJwk,
  }),
  verifyJwt: async (signer, { compact }) => {
    const key = signer.publicJwk ?? await keyOf(signer);
    await jose.compactVerify(compact, await jose.importJWK(key, signer.alg));
    return { verified: true, signerJwk: key };
  },
  encryptJwe: async (encryptor, data) => ({
    jwe: await new jose.CompactEncrypt(new TextEncoder().encode(data))
      .setProtectedHeader({ alg: encryptor.alg, enc: encryptor.enc, kid: encryptor.publicJwk.kid })
      .encrypt(await jose.importJWK(encryptor.publicJwk, encryptor.alg)),
    encryptionJwk: encryptor.publicJwk,
  }),
};
async function keyOf(signer) {
  const pem = `-----BEGIN CERTIFICATE-----\n${signer.x5c[0]}\n-----END CERTIFICATE-----`;
  return jose.exportJWK(await jose.importX509(pem, signer.alg, { extractable: true }));
}

const seen = {};
const client = new vci.Openid4vciClient({ callbacks });
const credentialOffer = await client.resolveCredentialOffer(offerLink);
const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer);
seen.draft = issuerMetadata.originalDraftVersion;
const byBrowser = "authorization_code" in credentialOffer.grants;
const clientId = "https://wallet.example";
const redirectUri = "com.example.wallet:/cb";
// its holder agrees on the issuer's page: the form is sent as a browser sends it
async function authorized() {
  if (byBrowser) callbacks.clientAuthentication = oauth.clientAuthenticationNone({ clientId });
  const scope = credentialOffer.credential_configuration_ids.join(" ");
  const begun = await client.initiateAuthorization({ credentialOffer, issuerMetadata, clientId, redirectUri, scope });
  seen.pushed = new URL(begun.authorizationRequestUrl).searchParams.get("request_uri")?.split(":").slice(0, -1).join(":");
  const agreed = await fetch(begun.authorizationRequestUrl, { method: "POST", redirect: "manual", body: new URLSearchParams({ decision: "agree", pin }) });
  const authorizationServerMetadata = issuerMetadata.authorizationServers[0];
  const { code: authorizationCode } = client.parseAndVerifyAuthorizationResponseRedirectUrl({ url: agreed.headers.get("location"), authorizationServerMetadata });
  return client.retrieveAuthorizationCodeAccessTokenFromOffer({ credentialOffer, issuerMetadata, authorizationCode, pkceCodeVerifier: begun.pkce.codeVerifier, redirectUri });
}
const { accessTokenResponse } = byBrowser
  ? await authorized() : await client.retrievePreAuthorizedCodeAccessTokenFromOffer({ credentialOffer, issuerMetadata, txCode: pin });
const fetched = {};
for (const credentialConfigurationId of credentialOffer.credential_configuration_ids) {
  const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata });
  const signer = { method: "jwk", alg: "ES256", publicJwk };
  const { jwt } = await client.createCredentialRequestJwtProof({ issuerMetadata, signer, nonce, credentialConfigurationId, ...(byBrowser ? { clientId } : {}) });
  const { credentialResponse } = await client.retrieveCredentials({
    accessToken: accessTokenResponse.access_token, credentialConfigurationId, issuerMetadata, proofs: { jwt: [jwt] },
  });
  fetched[credentialConfigurationId] = credentialResponse.credentials[0].credential;
  await client.sendNotification({
    accessToken: accessTokenResponse.access_token, issuerMetadata,
    notification: { event: "credential_accepted", notificationId: credentialResponse.notification_id },
  });
}
seen.fetched = Object.keys(fetched).sort();
seen.linked = fetched.vaccination_ldp_vc;

const text = fetched["vaccination_dc+sd-jwt"];
const header = jose.decodeProtectedHeader(text.split("~")[0]);
const issuerKey = await jose.importJWK(await keyOf({ x5c: header.x5c, alg: "ES256" }), "ES256");
const encode = (bytes) => Buffer.from(bytes).toString("base64url");
const sdjwt = new SDJwtVcInstance({
  hasher: digest, hashAlg: "sha-256", saltGenerator: () => encode(randomBytes(16)), signAlg: "ES256", kbSignAlg: "ES256",
  verifier: async (data, signature) => crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, issuerKey, Buffer.from(signature, "base64url"), new TextEncoder().encode(data)),
  kbSigner: async (data) => encode(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, holder.privateKey, new TextEncoder().encode(data))),
  statusVerifier: async () => true,
  statusListFetcher: async (address) => (await fetch(address)).text(),
});
seen.claims = (await sdjwt.verify(text)).payload;

const wallet = new vp.Openid4vpClient({ callbacks });
const resolved = await wallet.resolveOpenId4vpAuthorizationRequest({ authorizationRequestPayload: wallet.parseOpenid4vpAuthorizationRequest({ authorizationRequest: requestLink }).params });
const asked = resolved.authorizationRequestPayload;
seen.version = resolved.version;
const serverMetadata = {
  authorization_encryption_alg_values_supported: ["ECDH-ES"], authorization_encryption_enc_values_supported: ["A128GCM"],
};
const shown = await sdjwt.present(text, { vaccine: { product: true } }, {
  kb: { payload: { iat: Math.floor(Date.now() / 1000), nonce: asked.nonce, aud: asked.client_id } },
});
const answer = await wallet.createOpenid4vpAuthorizationResponse({
  authorizationRequestPayload: asked, authorizationResponsePayload: { vp_token: { icvp: [shown] } },
  ...(asked.response_mode === "direct_post.jwt" ? { jarm: { encryption: { nonce: encode(randomBytes(16)) }, serverMetadata } } : {}),
});
const sent = await wallet.submitOpenid4vpAuthorizationResponse({
  authorizationRequestPayload: asked, authorizationResponsePayload: answer.authorizationResponsePayload, jarm: answer.jarm,
});
seen.sent = sent.response.status;
console.log(JSON.stringify(seen));
