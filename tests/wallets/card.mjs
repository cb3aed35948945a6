// SMART Health Cards by jose: fetches the keys of an issuer, verifies a card with them and inflates it.  `node card.mjs MODULES KEYS`
// reads the card from standard input; prints what it saw as JSON.
import { pathToFileURL } from "node:url";
import { inflateRawSync } from "node:zlib";
const [modules, keys] = process.argv.slice(2);
const { calculateJwkThumbprint, compactVerify, createRemoteJWKSet } = await import(pathToFileURL(`${modules}/jose/dist/webapi/index.js`));
let card = "";
for await (const part of process.stdin) card += part;
const { payload, protectedHeader } = await compactVerify(card.trim(), createRemoteJWKSet(new URL(keys)));
const published = (await (await fetch(keys)).json()).keys;
const thumbprints = await Promise.all(published.map((key) => calculateJwkThumbprint(key)));
console.log(JSON.stringify({ header: protectedHeader, payload: JSON.parse(inflateRawSync(payload)), thumbprints }));
