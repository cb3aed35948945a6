// What programs by others say of inputs that were argued by clause: @openid4vc/openid4vci of offers, dcql of queries, @sd-jwt of
// credentials and of what holders show.  `node argued.mjs MODULES` reads {offers, queries, credentials, shown, key, audience, nonce, now}
// from standard input, each by name; prints for each kind the names that they refuse, with their words, as JSON.
import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";
const [modules] = process.argv.slice(2);
const use = (name) => import(pathToFileURL(`${modules}/${name}`));
const jose = await use("jose/dist/webapi/index.js");
const vci = await use("@openid4vc/openid4vci/dist/index.mjs");
const oauth = await use("@openid4vc/oauth2/dist/index.mjs");
const { DcqlQuery } = await use("dcql/dist/index.mjs");
const { SDJwtVcInstance } = await use("@sd-jwt/sd-jwt-vc/dist/index.mjs");
oauth.setGlobalConfig({ allowInsecureUrls: true });
let given = "";
for await (const part of process.stdin) given += part;
const { offers, queries, credentials, shown, key, nonce, now } = JSON.parse(given);

const digest = (data, algorithm) => new Uint8Array(createHash(algorithm.replace("-", "")).update(data).digest());
const signs = (jwk) => async (data, signature) => {
  const imported = await jose.importJWK(jwk, "ES256");
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, imported, Buffer.from(signature, "base64url"), new TextEncoder().encode(data));
};
const reader = new SDJwtVcInstance({
  hasher: digest, hashAlg: "sha-256", verifier: signs(key),
  kbVerifier: async (data, signature, payload) => signs(payload.cnf.jwk)(data, signature),
});
const client = new vci.Openid4vciClient({ callbacks: { hash: digest, clientAuthentication: oauth.clientAuthenticationAnonymous() } });
const kinds = {
  offers: [offers, (link) => client.resolveCredentialOffer(link)],
  queries: [queries, (query) => DcqlQuery.validate(DcqlQuery.parse(query))],
  credentials: [credentials, (text) => reader.verify(text, { currentDate: now, skewSeconds: 60 })],
  shown: [shown, (text) => reader.verify(text, { currentDate: now, skewSeconds: 60, keyBindingNonce: nonce })],
};
const refused = {};
for (const [kind, [rows, read]] of Object.entries(kinds)) {
  refused[kind] = {};
  for (const [name, input] of Object.entries(rows)) {
    try {
      await read(input);
    } catch (error) {
      refused[kind][name] = String(error.message).slice(0, 120);
    }
  }
}
console.log(JSON.stringify(refused));
