// A day's work over the types that openapi-typescript made of our description; prints what it saw as JSON.
// The compiler holds each request and each answer against the description: a lie of it does not compile.
import createClient from "openapi-fetch";
import type { paths } from "./made.js";

declare const process: { argv: string[] };
const client = createClient<paths>({ baseUrl: process.argv[2] });

const made = await client.POST("/api/systems", {
  body: { name: "ours", base: `${process.argv[2]}/fhir` },
});
// @ts-expect-error a system without an address is none
await client.POST("/api/systems", { body: { name: "ours" } });
const begun = await client.POST("/api/runs", { body: { track: "fhir.basics", system: "sandbox" } });
let run = begun.data!;
while (run.state !== "done") {
  await new Promise((go) => setTimeout(go, 100));
  run = (await client.GET("/api/runs/{run}", { params: { path: { run: run.id } } })).data!;
}
const refused = await client.POST("/api/runs", { body: { track: "nothing", system: "sandbox" } });
const systems = await client.GET("/api/systems");
const runs = await client.GET("/api/runs", { params: { query: { track: "fhir.basics" } } });
const matrix = await client.GET("/api/matrix");
console.log(
  JSON.stringify({
    registered: made.data!.name,
    systems: systems.data!.map((one) => one.name).sort(),
    verdict: run.verdict,
    runs: runs.data!.length,
    matrix: matrix.data!.map((cell) => cell.track),
    refused: [refused.response.status, refused.error!.status, refused.error!.key],
  }),
);
