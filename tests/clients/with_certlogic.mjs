// Evaluates expressions by certlogic-js: `node with_certlogic.mjs MODULE < pairs`.  Pairs are [expression, data]; prints for each [kind, value].
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { evaluate } = createRequire(import.meta.url)(process.argv[2]);
const pairs = JSON.parse(readFileSync(0, "utf8"));

function outcome([expression, data]) {
  try {
    const found = evaluate(expression, data);
    if (found instanceof Date) return Number.isNaN(found.getTime()) ? ["error", null] : ["date", found.getTime()];
    return ["value", found === undefined ? null : found];
  } catch {
    return ["error", null];
  }
}

console.log(JSON.stringify(pairs.map(outcome)));
