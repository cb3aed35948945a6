// Verifies what a wallet of this project shows of credentials of W3C: the presentation with Data Integrity by @digitalbazaar/vc, that in a
// JWT by jose, and the answer by @openid4vc/openid4vp.  `node presented.mjs MODULES` reads {linked, jwt, request} from standard input, and
// says of each what it came to, also for another challenge, another verifier, and a name that was changed.
import { createHash, randomBytes } from "node:crypto";
import { pathToFileURL } from "node:url";
const [modules] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(`${modules}/${name}`));
const use = (name) => load(`@digitalbazaar/${name}/lib/index.js`);
const vc = await use("vc");
const { DataIntegrityProof } = await use("data-integrity");
const { cryptosuite } = await use("ecdsa-rdfc-2019-cryptosuite");
const EcdsaMultikey = await use("ecdsa-multikey");
const { driver } = await use("did-method-key");
const jose = await load("jose/dist/webapi/index.js");
const vp = await load("@openid4vc/openid4vp/dist/index.mjs");

const methods = driver();
methods.use({ multibaseMultikeyHeader: "zDna", fromMultibase: EcdsaMultikey.from });
const documentLoader = async (url) => {
  if (url.startsWith("did:key:")) return { contextUrl: null, documentUrl: url, document: await methods.get({ url }) };
  return vc.defaultDocumentLoader(url);
};
let given = "";
for await (const part of process.stdin) given += part;
const { linked, jwt, request } = JSON.parse(given);
const isRight = async (presentation, challenge, domain) => {
  const told = await vc.verify({
    presentation, challenge, domain, suite: new DataIntegrityProof({ cryptosuite }), documentLoader, checkStatus: async () => ({ verified: true }),
  });
  return { verified: told.verified, errors: JSON.stringify(told.error?.errors?.map(String)) };
};
const changed = structuredClone(linked);
changed.verifiableCredential[0].credentialSubject.recipient.name = "Somebody Else";
const seen = {
  linked: await isRight(linked, request.nonce, request.client_id),
  otherChallenge: await isRight(linked, "of-another-request", request.client_id),
  otherDomain: await isRight(linked, request.nonce, "redirect_uri:https://other.example/cb"),
  changed: await isRight(changed, request.nonce, request.client_id),
};

const keyOf = async (kid) => {
  const { publicKeyMultibase } = await methods.get({ url: kid });
  const { publicKey } = await EcdsaMultikey.from({ id: kid, type: "Multikey", publicKeyMultibase });
  return publicKey;
};
const verified = async (text) => (await jose.jwtVerify(text, await keyOf(jose.decodeProtectedHeader(text).kid), { clockTolerance: 10 ** 9 })).payload;
const shown = await verified(jwt);
seen.jwt = { aud: shown.aud, nonce: shown.nonce, iss: shown.iss };
seen.inner = await verified(shown.vp.verifiableCredential[0]);

const callbacks = { hash: (data, name) => new Uint8Array(createHash(name.replace("-", "")).update(data).digest()), generateRandom: (size) => randomBytes(size) };
const parsed = await new vp.Openid4vpVerifier({ callbacks }).parseOpenid4vpAuthorizationResponse({
  authorizationResponse: { vp_token: JSON.stringify({ linked: [linked], jwt: [jwt] }), state: request.state }, authorizationRequestPayload: request, callbacks,
});
seen.parsed = Object.keys(parsed.dcql.presentations).sort();
console.log(JSON.stringify(seen));
