// A Document Consumer made of fhir-kit-client: `node consumer_with_fhir_kit_client.mjs BASE MODULE SYSTEM|VALUE`.
// It finds lists, finds documents by GET and by form, narrows by type, and fetches what it found; prints statuses as JSON.
const [base, module, patient] = process.argv.slice(2);
const { Client } = await import(module);
const client = new Client({ baseUrl: base });
const asked = { "patient.identifier": patient, status: "current" };
const seen = {};

seen.version = (await client.capabilityStatement()).fhirVersion;
const code = "submissionset";
seen.lists = (await client.search({ resourceType: "List", searchParams: { ...asked, code } })).entry?.length ?? 0;
const found = await client.search({ resourceType: "DocumentReference", searchParams: asked });
const references = (found.entry ?? []).map((entry) => entry.resource);
seen.documents = references.length;
const options = { postSearch: true };
const byForm = await client.search({ resourceType: "DocumentReference", searchParams: asked, options });
seen.byForm = byForm.entry?.length ?? 0;
const type = "http://loinc.org|11488-4";
const narrowed = await client.search({ resourceType: "DocumentReference", searchParams: { ...asked, type } });
seen.narrowed = narrowed.entry?.length ?? 0;
seen.fetched = [];
for (const { content: [{ attachment }] } of references) {
  // MHD asks for a whole address; HAPI gives one that is relative to its base
  const answer = await fetch(new URL(attachment.url, `${base}/`), { headers: { Accept: attachment.contentType } });
  seen.fetched.push(answer.status);
}
console.log(JSON.stringify(seen));
