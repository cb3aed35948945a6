// A day's work through fhir-kit-client: `node with_fhir_kit_client.mjs BASE MODULE`.  Prints what it saw as JSON.
const [base, module] = process.argv.slice(2);
const { Client } = await import(module);
const client = new Client({ baseUrl: base });
const seen = {};

seen.capability = (await client.capabilityStatement()).fhirVersion;
const body = { resourceType: "Patient", name: [{ family: "Rojas", given: ["Ana"] }], gender: "female" };
const patient = await client.create({ resourceType: "Patient", body });
const place = { resourceType: "Patient", id: patient.id };
seen.created = patient.meta.versionId;
seen.read = (await client.read(place)).name[0].family;
seen.updated = (await client.update({ ...place, body: { ...patient, birthDate: "1980-05-01" } })).meta.versionId;
const jsonPatch = [{ op: "replace", path: "/gender", value: "unknown" }];
seen.patched = (await client.patch({ ...place, jsonPatch })).gender;
seen.vread = (await client.vread({ ...place, version: "1" })).gender;

for (let number = 0; number < 5; number++) {
  const observation = {
    resourceType: "Observation", status: "final", code: { text: `n${number}` },
    subject: { reference: `Patient/${patient.id}` },
  };
  await client.create({ resourceType: "Observation", body: observation });
}
let page = await client.search({ resourceType: "Observation", searchParams: { subject: `Patient/${patient.id}`, _count: 2 } });
seen.page = page.entry.length;
let total = page.entry.length;
while ((page = await client.nextPage({ bundle: page }))) total += page.entry?.length ?? 0;
seen["all pages"] = total;
seen.compartment = (await client.search({ resourceType: "Observation", compartment: place })).total;
seen.everything = (await client.operation({ name: "everything", ...place, method: "GET" })).total;

const urn = "urn:uuid:0a1b2c3d-0000-4000-8000-000000000001";
const reply = await client.transaction({
  body: {
    resourceType: "Bundle", type: "transaction",
    entry: [
      { fullUrl: urn, resource: { resourceType: "Patient" }, request: { method: "POST", url: "Patient" } },
      {
        resource: { resourceType: "Encounter", status: "planned", class: { code: "AMB" }, subject: { reference: urn } },
        request: { method: "POST", url: "Encounter" },
      },
    ],
  },
});
seen.transaction = reply.entry.map((entry) => entry.response.status);
const encounter = reply.entry[1].response.location.split("/_history")[0];
const { id } = await client.resolve({ reference: encounter });
seen.resolved = encounter.endsWith(id);
seen.history = (await client.history(place)).entry.map((entry) => entry.request.method);
await client.delete(place);
try {
  await client.read(place);
} catch (error) {
  seen.deleted = error.response.status;
}
console.log(JSON.stringify(seen));
