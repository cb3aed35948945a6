// JsonWebSignature2020 by jsonld, jose and node: canonical RDF, its hashes, and a detached JWS over them.  `node detached.mjs MODULES
// DID` reads a document from standard input and the context of the suite from CONTEXT; prints it with its proof, and the public key.
import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";
const [modules, method] = process.argv.slice(2);
const jsonld = (await import(pathToFileURL(`${modules}/jsonld/lib/jsonld.js`))).default;
const { FlattenedSign, exportJWK, generateKeyPair } = await import(pathToFileURL(`${modules}/jose/dist/webapi/index.js`));
let given = "";
for await (const part of process.stdin) given += part;
const { document, contexts } = JSON.parse(given);
const documentLoader = async (url) => ({ contextUrl: null, documentUrl: url, document: contexts[url] });
const canonical = (value) => jsonld.canonize(value, { algorithm: "URDNA2015", format: "application/n-quads", documentLoader, safe: true });
const hash = (text) => createHash("sha256").update(text).digest();
const proof = {
  type: "JsonWebSignature2020", created: "2026-01-01T00:00:00Z", verificationMethod: method, proofPurpose: "assertionMethod",
};
const hashes = [{ "@context": document["@context"], ...proof }, document].map(async (part) => hash(await canonical(part)));
const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
const payload = Buffer.concat(await Promise.all(hashes));
const signed = await new FlattenedSign(payload).setProtectedHeader({ alg: "ES256", b64: false, crit: ["b64"] }).sign(privateKey);
proof.jws = `${signed.protected}..${signed.signature}`;
console.log(JSON.stringify({ document: { ...document, proof }, key: await exportJWK(publicKey) }));
