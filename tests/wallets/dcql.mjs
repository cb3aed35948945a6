// What the dcql library says of queries.  `node dcql.mjs MODULES` reads {wallet, queries, answers} from standard input; prints as JSON of
// each query whether it is one, which credentials answer it and with which claims, and of each answer whether it is what was asked for.
import { pathToFileURL } from "node:url";
const [modules] = process.argv.slice(2);
const { DcqlQuery, DcqlPresentationResult } = await import(pathToFileURL(`${modules}/dcql/dist/index.mjs`));
let given = "";
for await (const part of process.stdin) given += part;
const { wallet, queries, answers } = JSON.parse(given);

const read = (query) => {
  const parsed = DcqlQuery.parse(query);
  DcqlQuery.validate(parsed);
  return parsed;
};
const asked = queries.map((query) => {
  let parsed;
  try {
    parsed = read(query);
  } catch (error) {
    return { refused: String(error.message).slice(0, 200) };
  }
  const found = DcqlQuery.query(parsed, wallet);
  const fits = Object.entries(found.credential_matches).map(([id, match]) => [
    id,
    (match.valid_credentials ?? []).map((each) => [each.input_credential_index, each.claims.valid_claim_sets[0].output]),
  ]);
  const sets = found.credential_sets?.map(({ required, matching_options }) => ({ required, options: matching_options ?? [] }));
  return { satisfied: Boolean(found.can_be_satisfied), fits: Object.fromEntries(fits), sets };
});
const judged = answers.map(({ query, shown }) => {
  try {
    const told = DcqlPresentationResult.fromDcqlPresentation(shown, { dcqlQuery: read(query) });
    return Boolean(told.can_be_satisfied);
  } catch {
    return false;
  }
});
console.log(JSON.stringify({ asked, judged }));
