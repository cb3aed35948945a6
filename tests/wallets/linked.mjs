// Data Integrity by @digitalbazaar/vc: verifies a credential of ours, and issues one for us.  `node linked.mjs MODULES` reads the
// credential from standard input; prints what it saw as JSON.
import { pathToFileURL } from "node:url";
const [modules] = process.argv.slice(2);
const use = (name) => import(pathToFileURL(`${modules}/@digitalbazaar/${name}/lib/index.js`));
const vc = await use("vc");
const { DataIntegrityProof } = await use("data-integrity");
const { cryptosuite } = await use("ecdsa-rdfc-2019-cryptosuite");
const EcdsaMultikey = await use("ecdsa-multikey");
const { driver } = await use("did-method-key");

const methods = driver();
methods.use({ multibaseMultikeyHeader: "zDna", fromMultibase: EcdsaMultikey.from });
const documentLoader = async (url) => {
  if (url.startsWith("did:key:")) return { contextUrl: null, documentUrl: url, document: await methods.get({ url }) };
  return vc.defaultDocumentLoader(url);
};
let given = "";
for await (const part of process.stdin) given += part;
const seen = {};
const verified = await vc.verifyCredential({
  credential: JSON.parse(given), suite: new DataIntegrityProof({ cryptosuite }), documentLoader, checkStatus: async () => ({ verified: true }),
});
seen.verified = verified.verified;
seen.error = verified.error?.errors?.map(String);

const keyPair = await EcdsaMultikey.generate({ curve: "P-256" });
const { didDocument } = await methods.fromKeyPair({ verificationKeyPair: keyPair });
keyPair.id = didDocument.assertionMethod[0];
keyPair.controller = didDocument.id;
seen.issued = await vc.issue({
  credential: {
    "@context": ["https://www.w3.org/ns/credentials/v2"], type: ["VerifiableCredential"], issuer: didDocument.id,
    credentialSubject: { id: "did:example:subject", name: "Rosa" },
  },
  suite: new DataIntegrityProof({ signer: keyPair.signer(), cryptosuite }), documentLoader,
});
console.log(JSON.stringify(seen));
