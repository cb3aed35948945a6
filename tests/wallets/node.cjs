// ethers with the interface that lacpass-identity publishes, as its client reads and writes the registry: by JSON-RPC, with a key of its own.
// `node node.cjs FOLDER JSON` with {rpc, registry, controller}; prints what it saw as JSON.
const path = require("path");
const [, , folder, text] = process.argv;
const given = JSON.parse(text);
const here = require("fs").realpathSync(folder);
const { ethers } = require(path.join(here, "node_modules", "ethers"));
const abi = require(path.join(here, "package", "dist", "src", "constants", "did-web", "lac", "lacDidRegistryAbi.js")).LAC_DIDREGISTRY_RECOVERABLE_ABI;

(async () => {
  const provider = new ethers.providers.JsonRpcProvider(given.rpc);
  const wallet = new ethers.Wallet(given.key, provider);
  const registry = new ethers.Contract(given.registry, abi, wallet);
  const identity = wallet.address;
  const { chainId } = await provider.getNetwork();
  const before = { changed: Number(await registry.changed(identity)), controller: await registry.identityController(identity) };

  const bytes = ethers.utils.toUtf8Bytes;
  const name = bytes(given.name);
  const options = { gasLimit: 4700000, gasPrice: 0, type: 0 };
  const sent = await registry.setAttribute(identity, name, given.value, 86400, options);
  const receipt = await sent.wait();
  const [told] = receipt.logs.map((log) => registry.interface.parseLog(log));
  const expires = async () => Number(await registry.expirationAttribute(identity, ethers.utils.keccak256(name), ethers.utils.keccak256(given.value)));
  const block = await provider.getBlock(receipt.blockNumber);
  const added = { event: told.name, name: Buffer.from(told.args.name.slice(2), "hex").toString(), value: told.args.value, lasts: Number(told.args.validTo) - block.timestamp, previous: Number(told.args.previousChange), expires: (await expires()) - block.timestamp };

  const kind = ethers.utils.formatBytes32String("sigAuth");
  await (await registry.addDelegate(identity, kind, given.delegate, 3600, options)).wait();
  const isDelegate = await registry.validDelegate(identity, kind, given.delegate);
  const wasDelegate = await registry.validDelegate(identity, kind, given.delegate, { blockTag: receipt.blockNumber });
  await (await registry.revokeAttribute(identity, name, given.value, 60, true, options)).wait();
  const after = await registry.changed(identity);

  // as a resolver reads it: from the newest block back
  const walked = [];
  for (let number = Number(after); number > 0;) {
    const logs = await provider.getLogs({ address: given.registry, fromBlock: number, toBlock: number, topics: [null, ethers.utils.hexZeroPad(identity, 32)] });
    const parsed = logs.map((log) => registry.interface.parseLog(log));
    walked.push(...parsed.map((each) => each.name));
    number = Number(parsed[0].args.previousChange);
  }
  const filtered = (await registry.queryFilter(registry.filters.DIDDelegateChanged(identity), 0, "latest")).length;

  const refused = async (work) => { try { await work(); return ""; } catch (error) { return JSON.parse(error.error?.error?.body ?? error.error?.body ?? error.body ?? "{}").error?.message ?? String(error.error?.message ?? error.message); } };
  const foreign = await refused(() => registry.changeController(given.controller, identity, options));
  const unknown = await refused(() => registry.version());
  await (await registry.changeController(identity, given.delegate, options)).wait();
  const controller = await registry.identityController(identity);
  const late = await refused(() => registry.setAttribute(identity, name, given.value, 60, options));
  console.log(JSON.stringify({ chainId, identity, before, added, isDelegate, wasDelegate, walked, filtered, foreign, unknown, controller, late, count: await wallet.getTransactionCount() }));
})().catch((error) => { console.error(error); process.exit(1); });
