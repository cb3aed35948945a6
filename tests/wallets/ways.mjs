// Other ways to a credential by @openid4vc/openid4vci: by a draft of the standard, where the nonce comes with the token and one proof
// is sent, and later than it was asked for.  `node ways.mjs MODULES OFFER PIN`; prints what it saw as JSON.
import { createHash, randomBytes } from "node:crypto";
import { pathToFileURL } from "node:url";
const [modules, offerLink, pin] = process.argv.slice(2);
const use = (name) => import(pathToFileURL(`${modules}/${name}`));
const jose = await use("jose/dist/webapi/index.js");
const vci = await use("@openid4vc/openid4vci/dist/index.mjs");
const oauth = await use("@openid4vc/oauth2/dist/index.mjs");
oauth.setGlobalConfig({ allowInsecureUrls: true });

const holder = await jose.generateKeyPair("ES256", { extractable: true });
const publicJwk = await jose.exportJWK(holder.publicKey);
const callbacks = {
  hash: (data, algorithm) => new Uint8Array(createHash(algorithm.replace("-", "")).update(data).digest()),
  generateRandom: (count) => new Uint8Array(randomBytes(count)),
  clientAuthentication: oauth.clientAuthenticationAnonymous(),
  signJwt: async (_signer, { header, payload }) => ({
    jwt: await new jose.SignJWT(payload).setProtectedHeader(header).sign(holder.privateKey), signerJwk: publicJwk,
  }),
};
const client = new vci.Openid4vciClient({ callbacks });
const credentialOffer = await client.resolveCredentialOffer(offerLink);
const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer);
const seen = { draft: issuerMetadata.originalDraftVersion, fetched: {}, warnings: 0, waited: 0 };
const { accessTokenResponse } = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({ credentialOffer, issuerMetadata, txCode: pin || undefined });
const accessToken = accessTokenResponse.access_token;
const isFinal = seen.draft === "V1";
let nonce = accessTokenResponse.c_nonce;
for (const credentialConfigurationId of credentialOffer.credential_configuration_ids) {
  if (isFinal) nonce = (await client.requestNonce({ issuerMetadata })).c_nonce;
  const signer = { method: "jwk", alg: "ES256", publicJwk };
  const { jwt } = await client.createCredentialRequestJwtProof({ issuerMetadata, signer, nonce, credentialConfigurationId });
  const proven = isFinal ? { proofs: { jwt: [jwt] } } : { proof: { proof_type: "jwt", jwt } };
  let { credentialResponse } = await client.retrieveCredentials({ accessToken, credentialConfigurationId, issuerMetadata, ...proven });
  while (credentialResponse.transaction_id) {
    seen.waited += 1;
    await new Promise((resolve) => setTimeout(resolve, credentialResponse.interval * 1000));
    const asked = { accessToken, issuerMetadata, transactionId: credentialResponse.transaction_id };
    try {
      ({ deferredCredentialResponse: credentialResponse } = await client.retrieveDeferredCredentials(asked));
    } catch (error) {
      // 0.4.6 has one condition the wrong way round: it says that notification_id goes with credentials (1.0 9.2), and refuses the two
      const { issues } = error.response.deferredCredentialResponseResult.error;
      const reasons = issues.map((issue) => issue.message);
      if (reasons.join() !== "'notification_id' MUST NOT be defined when 'credentials' is not defined.") throw error;
      credentialResponse = await error.response.response.json();
    }
  }
  nonce = credentialResponse.c_nonce;
  if (credentialResponse.warning) seen.warnings += 1;
  const text = credentialResponse.credential ?? credentialResponse.credentials[0].credential;
  const header = jose.decodeProtectedHeader(text.split("~")[0]);
  const bound = jose.decodeJwt(text.split("~")[0]).cnf?.jwk.x;
  seen.fetched[credentialConfigurationId] = { typ: header.typ, bound: bound === undefined || bound === publicJwk.x };
}
console.log(JSON.stringify(seen));
