// Status lists by @digitalbazaar/vc-bitstring-status-list: reads ours and makes its own.  `node statuses.mjs MODULES` reads {credentials,
// lists, places, at} from standard input; prints as JSON what it says of each credential under each list, and credentials and lists of its
// own in which `places` are set.
import { pathToFileURL } from "node:url";
const [modules] = process.argv.slice(2);
const use = (name) => import(pathToFileURL(`${modules}/@digitalbazaar/${name}/lib/index.js`));
const vc = await use("vc");
const status = await use("vc-bitstring-status-list");
const { DataIntegrityProof } = await use("data-integrity");
const { cryptosuite } = await use("ecdsa-rdfc-2019-cryptosuite");
const EcdsaMultikey = await use("ecdsa-multikey");
const { driver } = await use("did-method-key");
let given = "";
for await (const part of process.stdin) given += part;
const { credentials, lists, places, asked, at } = JSON.parse(given);

const methods = driver();
methods.use({ multibaseMultikeyHeader: "zDna", fromMultibase: EcdsaMultikey.from });
const loaderOf = (list) => async (url) => {
  if (url === list?.id) return { contextUrl: null, documentUrl: url, document: list };
  if (url.startsWith("did:key:")) return { contextUrl: null, documentUrl: url, document: await methods.get({ url }) };
  return vc.defaultDocumentLoader(url);
};
const suite = new DataIntegrityProof({ cryptosuite });
const said = [];
for (const list of lists) {
  for (const credential of credentials) {
    const told = await status.checkStatus({ credential, suite, documentLoader: loaderOf(list) });
    said.push(told.verified ? told.results.map(({ status: bit }) => bit) : String(told.error?.message ?? told.error));
  }
}

const keyPair = await EcdsaMultikey.generate({ curve: "P-256" });
const { didDocument } = await methods.fromKeyPair({ verificationKeyPair: keyPair });
keyPair.id = didDocument.assertionMethod[0];
keyPair.controller = didDocument.id;
const issued = (credential) =>
  vc.issue({ credential, suite: new DataIntegrityProof({ signer: keyPair.signer(), cryptosuite, date: at }), documentLoader: loaderOf() });
const made = { issuer: didDocument.id, lists: {}, credentials: [] };
for (const statusPurpose of ["revocation", "suspension"]) {
  const list = await status.createList({ length: 131072 });
  places.forEach((place) => list.setStatus(place, true));
  const id = `https://issuer.example/lists/${statusPurpose}`;
  const document = await status.createCredential({ id, list, statusPurpose, context: status.VC_BSL_VC_V2_CONTEXT });
  made.lists[id] = await issued({ ...document, issuer: didDocument.id, validFrom: at });
  for (const place of asked) {
    const credential = await issued({
      "@context": ["https://www.w3.org/ns/credentials/v2"], type: ["VerifiableCredential"], issuer: didDocument.id, validFrom: at,
      credentialSubject: { id: "did:example:rosa", name: "Rosa" },
      credentialStatus: {
        id: `${id}#${place}`, type: "BitstringStatusListEntry", statusPurpose, statusListIndex: String(place), statusListCredential: id,
      },
    });
    made.credentials.push({ purpose: statusPurpose, place, credential });
  }
}
console.log(JSON.stringify({ said, made }));
