// Looks for a patient by fhir-kit-client: `node looking_for_a_patient.mjs BASE MODULE`.
const [base, module] = process.argv.slice(2);
const { Client } = await import(module);
const client = new Client({ baseUrl: base });
const searchParams = { identifier: "urn:oid:2.16.76|99902431585", family: "Nogueira", birthdate: "1972-08-15" };
const found = await client.search({ resourceType: "Patient", searchParams });
const patients = found.entry.map((entry) => entry.resource).filter((resource) => resource.resourceType === "Patient");
const read = await client.read({ resourceType: "Patient", id: patients[0].id });
console.log(JSON.stringify({ patients: patients.length, gender: read.gender }));
