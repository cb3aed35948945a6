// Credo, a whole wallet: fetches what is offered, verifies and keeps it, and answers a request by what DCQL selects.
// `node credo.mjs MODULES OFFER PIN REQUEST ANCHOR`; prints what it saw as JSON.  Its keys and its storage are here: those that are
// published for it are native modules.  ANCHOR is the certificate of whom it is to trust, in base64.
import { createCipheriv, createECDH, createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from "node:crypto";
import { EventEmitter } from "node:events";
import { pathToFileURL } from "node:url";
const [modules, offerLink, pin, requestLink, anchor] = process.argv.slice(2);
const use = (name) => import(pathToFileURL(`${modules}/${name}`));
await use("reflect-metadata/Reflect.js");
const core = await use("@credo-ts/core/build/index.mjs");
const { OpenId4VcModule } = await use("@credo-ts/openid4vc/build/index.mjs");

const HASHES = { ES256: "sha256", ES384: "sha384" };
class Keys {
  backend = "here";
  #keys = new Map();
  isOperationSupported(_context, { operation, algorithm, keyAgreement, encryption }) {
    if (operation === "sign" || operation === "verify") return algorithm in HASHES;
    if (operation === "encrypt") return keyAgreement?.algorithm === "ECDH-ES" && /^A(128|256)GCM$/.test(encryption.algorithm);
    return ["createKey", "deleteKey", "randomBytes"].includes(operation);
  }
  async createKey(_context, { keyId = core.utils.uuid() }) {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.#keys.set(keyId, privateKey);
    return { keyId, publicJwk: { ...publicKey.export({ format: "jwk" }), kid: keyId } };
  }
  async getPublicKey(_context, keyId) {
    const key = this.#keys.get(keyId);
    return key ? { ...createPublicKey(key).export({ format: "jwk" }), kid: keyId } : null;
  }
  async deleteKey(_context, { keyId }) {
    return this.#keys.delete(keyId);
  }
  async sign(_context, { keyId, algorithm, data }) {
    return { signature: new Uint8Array(sign(HASHES[algorithm], data, { key: this.#keys.get(keyId), dsaEncoding: "ieee-p1363" })) };
  }
  async verify(_context, { key, algorithm, data, signature }) {
    const publicJwk = key.publicJwk ?? (await this.getPublicKey(_context, key.keyId));
    const held = createPublicKey({ key: publicJwk, format: "jwk" });
    return verify(HASHES[algorithm], data, { key: held, dsaEncoding: "ieee-p1363" }, signature) ? { verified: true, publicJwk } : { verified: false };
  }
  // ECDH-ES with the concatenation of RFC 7518 4.6.2
  async encrypt(_context, { key, encryption, data }) {
    const { externalPublicJwk: to, keyId, apu = new Uint8Array(), apv = new Uint8Array() } = key.keyAgreement;
    const own = createECDH("prime256v1");
    own.setPrivateKey(Buffer.from(this.#keys.get(keyId).export({ format: "jwk" }).d, "base64url"));
    const point = Buffer.concat([Buffer.from([4]), Buffer.from(to.x, "base64url"), Buffer.from(to.y, "base64url")]);
    const length = (number) => { const bytes = Buffer.alloc(4); bytes.writeUInt32BE(number); return bytes; };
    const bits = Number(encryption.algorithm.slice(1, 4));
    const told = [Buffer.from(encryption.algorithm), Buffer.from(apu), Buffer.from(apv)].flatMap((part) => [length(part.length), part]);
    const derived = createHash("sha256").update(Buffer.concat([length(1), own.computeSecret(point), ...told, length(bits)])).digest();
    const iv = randomBytes(12);
    const cipher = createCipheriv(`aes-${bits}-gcm`, derived.subarray(0, bits / 8), iv);
    if (encryption.aad) cipher.setAAD(encryption.aad);
    const encrypted = Buffer.concat([cipher.update(data), cipher.final()]);
    return { encrypted: new Uint8Array(encrypted), iv: new Uint8Array(iv), tag: new Uint8Array(cipher.getAuthTag()) };
  }
  randomBytes(_context, { length }) {
    return new Uint8Array(randomBytes(length));
  }
}

class Storage {
  supportsCursorPagination = false;
  #records = new Map();
  async save(_context, record) { this.#records.set(record.id, record); }
  async update(_context, record) { this.#records.set(record.id, record); }
  async delete(_context, record) { this.#records.delete(record.id); }
  async deleteById(_context, _kind, id) { this.#records.delete(id); }
  async getById(_context, kind, id) {
    const record = this.#records.get(id);
    if (!record) throw new core.RecordNotFoundError(`no ${id}`, { recordType: kind.type });
    return record;
  }
  async getAll(_context, kind) { return [...this.#records.values()].filter((record) => record.type === kind.type); }
  async findByQuery(context, kind, query) {
    const fits = (tags, asked) => Object.entries(asked).every(([name, value]) => {
      if (value === undefined) return true;
      if (name === "$or") return value.some((each) => fits(tags, each));
      if (name === "$and") return value.every((each) => fits(tags, each));
      return Array.isArray(value) ? value.every((each) => tags[name]?.includes(each)) : tags[name] === value;
    });
    return (await this.getAll(context, kind)).filter((record) => fits(record.getTags(), query));
  }
}

const agent = new core.Agent({
  config: { allowInsecureHttpUrls: true, autoUpdateStorageOnStartup: true },
  dependencies: { FileSystem: class {}, EventEmitterClass: EventEmitter, fetch, WebSocketClass: class {} },
  modules: {
    keyManagement: new core.Kms.KeyManagementModule({ backends: [new Keys()] }),
    storage: { register: (manager) => manager.registerInstance(core.InjectionSymbols.StorageService, new Storage()) },
    dids: new core.DidsModule({ resolvers: [new core.KeyDidResolver(), new core.JwkDidResolver()], registrars: [new core.KeyDidRegistrar()] }),
    x509: new core.X509Module({ trustedCertificates: [anchor] }),
    openid4vc: new OpenId4VcModule(),
  },
});
await agent.initialize();
const { holder } = agent.openid4vc;
const seen = { kept: {} };

const bound = async ({ supportsJwk, supportedDidMethods }) => {
  const key = await agent.kms.createKey({ type: { kty: "EC", crv: "P-256" } });
  if (supportsJwk) return { method: "jwk", keys: [core.Kms.PublicJwk.fromPublicJwk(key.publicJwk)] };
  if (!supportedDidMethods?.includes("did:key")) throw new Error("neither jwk nor did:key");
  const { didState } = await agent.dids.create({ method: "key", options: { keyId: key.keyId } });
  return { method: "did", didUrls: [didState.didDocument.verificationMethod[0].id] };
};
const offer = await holder.resolveCredentialOffer(offerLink);
// it has no suite of Data Integrity
const credentialConfigurationIds = offer.credentialOfferPayload.credential_configuration_ids.filter((id) => !id.endsWith("ldp_vc"));
const byBrowser = "authorization_code" in offer.credentialOfferPayload.grants;
async function authorized() {
  const [clientId, redirectUri] = ["https://wallet.example", "com.example.wallet:/cb"];
  const begun = await holder.resolveOpenId4VciAuthorizationRequest(offer, { clientId, redirectUri });
  const agreed = await fetch(begun.authorizationRequestUrl, { method: "POST", redirect: "manual", body: new URLSearchParams({ decision: "agree", pin }) });
  const code = new URL(agreed.headers.get("location")).searchParams.get("code");
  return holder.requestToken({ resolvedCredentialOffer: offer, code, clientId, redirectUri, codeVerifier: begun.codeVerifier });
}
const token = byBrowser ? await authorized() : await holder.requestToken({ resolvedCredentialOffer: offer, txCode: pin });
const credentials = [];
for (const id of credentialConfigurationIds) {
  // one at a time: for a second one it wants the nonce that answers had before 1.0; of W3C it reads no list
  const fetched = await holder.requestCredentials({
    resolvedCredentialOffer: offer, ...token, credentialConfigurationIds: [id], verifyCredentialStatus: id.endsWith("sd-jwt"), credentialBindingResolver: bound,
  });
  credentials.push(...fetched.credentials);
}
for (const { record, credentialConfigurationId, notificationId } of credentials) {
  seen.kept[credentialConfigurationId] = record.type;
  if (record.type === "SdJwtVcRecord") await agent.sdJwtVc.store({ record });
  if (record.type === "W3cCredentialRecord") await agent.w3cCredentials.store({ record });
  await holder.sendNotification({ metadata: offer.metadata, accessToken: token.accessToken, notificationId, notificationEvent: "credential_accepted" });
}

const asked = await holder.resolveOpenId4VpAuthorizationRequest(requestLink);
seen.fits = asked.dcql.queryResult.can_be_satisfied;
const chosen = holder.selectCredentialsForDcqlRequest(asked.dcql.queryResult);
const told = await holder.acceptOpenId4VpAuthorizationRequest({ authorizationRequestPayload: asked.authorizationRequestPayload, dcql: { credentials: chosen } });
seen.sent = told.serverResponse.status;
seen.encrypted = "response" in told.authorizationResponse;
console.log(JSON.stringify(seen));
process.exit(0);
