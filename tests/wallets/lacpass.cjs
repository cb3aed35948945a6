// The original DID service of LACPass (npm: lacpass-identity): decodes and encodes DIDs, and writes the attributes of a certificate.  What it
// needs beside its own code (a database, a node of LACChain) is not there: a transaction is told instead of sent.
const Module = require("module");
const path = require("path");
const { X509Certificate } = require("crypto");

const [, , folder, text] = process.argv;
const given = JSON.parse(text);
Object.assign(process.env, {
  PORT: "1", CHAIN_ID: given.chain, NODE_RPC_URL: "http://127.0.0.1:9", NODE_ADDRESS: given.registry, ENV: "test",
  CUSTOM_DID_REG: [given.registry, "lac1", "0001", given.chain].join(","),
});
// Node knows files by their real paths, also below a link
const here = require("fs").realpathSync(folder);
const source = path.join(here, "package", "dist", "src");
// what is called once may be a decorator, which changes nothing when it is called again
const anything = (called = false) => new Proxy(function () {}, {
  get: (_, name) => (name === "then" ? undefined : name === "__esModule" ? false : name === Symbol.toPrimitive ? () => "" : anything()),
  apply: () => (called ? undefined : anything(true)),
  construct: () => anything(),
});
// their own files, Node's, and what they compute with; all else is a database, a mail service, or a framework
const kept = (name) => name.startsWith(".") || name.startsWith("/") || Module.isBuiltin(name) || /^(base-x|ethers|json-canonicalize)(\/|$)/.test(name);
const load = Module._load;
Module._load = function (name, parent, ...rest) {
  const inOriginal = parent && parent.filename && parent.filename.startsWith(source);
  if (!inOriginal || kept(name)) return load.call(this, name, parent, ...rest);
  if (name === "routing-controllers") return new Proxy({}, { get: () => Error });
  return anything();
};
const { DidService } = require(path.join(source, "services", "did-lac", "did.service.js"));

(async () => {
  const service = new DidService("did:lac1:");
  const sent = [];
  service.lookupController = async () => given.address;
  service.lacchainLib = { signAndSend: async (transaction) => sent.push(transaction) };
  service.findSupportedLacchainDidRegistry = () => ({ revokeAttribute: async (told) => sent.push(told) });
  const decoded = service.decodeDid(given.did);
  const encoded = service.encode("0001", given.chain, given.address, given.registry);
  let wrong = "";
  try { service.decodeDid(given.wrong); } catch (error) { wrong = String(error.message || error); }
  const x509 = new X509Certificate(given.certificate);
  await service.addJwkFromPem({ x509, did: given.did, relation: "asse" });
  await service.revokeJwkFromPem({ x509, did: given.did, relation: "asse", compromised: false, backwardRevocationDays: 0 });
  const { utils } = require(path.join(here, "node_modules", "ethers"));
  const contract = new utils.Interface(["function setAttribute(address,bytes,bytes,uint256)"]);
  const [identity, name, value, validity] = contract.decodeFunctionData("setAttribute", sent[0].data);
  const bytes = (hex) => Buffer.from(hex.slice(2), "hex");
  console.log(JSON.stringify({
    decoded, encoded, wrong, to: sent[0].to,
    added: { identity, name: bytes(name).toString(), value: value.slice(2), validity: Number(validity) },
    revoked: { name: sent[1].name, value: Buffer.from(sent[1].value).toString("hex") },
  }));
})().catch((error) => { console.error(error); process.exit(1); });
