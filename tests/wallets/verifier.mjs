// A verifier of programs by others for the track vp.verifier: @openid4vc/openid4vp asks and reads, @sd-jwt verifies.
// `node verifier.mjs MODULES ISSUER MANNER COUNT`; ISSUER is the public JWK that it believes.  In the manner `bare` it checks what the
// programs check by themselves; `careful` adds what they leave to whoever uses them: audience, time, query, and one answer for each
// request.  Prints the links of its requests as JSON, then answers until standard input closes; its verdict stands where answers go.
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
const [modules, issuer, manner, count] = process.argv.slice(2);
const use = (name) => import(pathToFileURL(`${modules}/${name}`));
const jose = await use("jose/dist/webapi/index.js");
const vp = await use("@openid4vc/openid4vp/dist/index.mjs");
const oauth = await use("@openid4vc/oauth2/dist/index.mjs");
const { SDJwtVcInstance } = await use("@sd-jwt/sd-jwt-vc/dist/index.mjs");
oauth.setGlobalConfig({ allowInsecureUrls: true });
process.stdin.resume().on("end", () => process.exit(0));

const encode = (bytes) => Buffer.from(bytes).toString("base64url");
const digest = (data, algorithm) => new Uint8Array(createHash(algorithm.replace("-", "")).update(data).digest());
const ecdsa = { name: "ECDSA", hash: "SHA-256" };
const verifierOf = async (jwk) => {
  const key = await jose.importJWK(jwk, "ES256");
  return async (data, signature) => crypto.subtle.verify(ecdsa, key, Buffer.from(signature, "base64url"), new TextEncoder().encode(data));
};
const callbacks = { hash: digest, generateRandom: (size) => new Uint8Array(randomBytes(size)) };
const verifier = new vp.Openid4vpVerifier({ callbacks });
const sdjwt = new SDJwtVcInstance({
  hasher: digest, hashAlg: "sha-256", verifier: await verifierOf(JSON.parse(issuer)),
  kbVerifier: async (data, signature, payload) => (await verifierOf(payload.cnf.jwk))(data, signature),
});
const query = {
  credentials: [{
    id: "card", format: "dc+sd-jwt", meta: { vct_values: ["urn:test:card"] },
    claims: [{ path: ["blood"], values: ["0+", "0-"] }, { path: ["name"] }],
  }],
};
const asked = new Map();
const verdicts = new Map();

function mind(condition, what) {
  if (!condition) throw new Error(what);
}
async function respond(id, body) {
  const request = asked.get(id);
  mind(request, "no such request");
  const parsed = await verifier.parseOpenid4vpAuthorizationResponse({
    authorizationResponse: Object.fromEntries(new URLSearchParams(body)), authorizationRequestPayload: request, callbacks,
  });
  const [shown] = parsed.dcql.presentations.card;
  const { payload, kb } = await sdjwt.verify(shown, { keyBindingNonce: request.nonce });
  if (manner === "bare") return;
  mind(kb.payload.aud === request.client_id, "audience");
  mind(Math.abs(kb.payload.iat - Date.now() / 1000) < 300, "time");
  const [item] = query.credentials;
  mind(item.meta.vct_values.includes(payload.vct), "type");
  for (const { path: [name], values } of item.claims) mind(name in payload && (!values || values.includes(payload[name])), name);
  asked.delete(id);
}

const http = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const id = request.url.slice(1);
  if (request.method === "GET") {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ verified: verdicts.get(id) }));
    return;
  }
  try {
    await respond(id, Buffer.concat(parts).toString());
    verdicts.set(id, true);
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  } catch (error) {
    if (!verdicts.has(id)) verdicts.set(id, false);
    const content = { error: "invalid_request", error_description: String(error.message ?? error) };
    response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify(content));
  }
});
await new Promise((done) => http.listen(0, "127.0.0.1", done));
const links = [];
for (let place = 0; place < Number(count); place += 1) {
  const id = encode(randomBytes(12));
  const address = `http://127.0.0.1:${http.address().port}/${id}`;
  const made = await verifier.createOpenId4vpAuthorizationRequest({
    authorizationRequestPayload: {
      response_type: "vp_token", response_mode: "direct_post", client_id: `redirect_uri:${address}`, response_uri: address,
      nonce: encode(randomBytes(18)), state: id, dcql_query: query,
      client_metadata: { vp_formats_supported: { "dc+sd-jwt": { "sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"] } } },
    },
  });
  asked.set(id, made.authorizationRequestPayload);
  links.push(made.authorizationRequest);
}
console.log(JSON.stringify(links));
