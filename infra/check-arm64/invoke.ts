import { pathToFileURL } from 'node:url';

// One invocation of a handler: `invoke.ts FILE EVENT SECONDS`. Runs under qemu, so it imports nothing else.

const [file = '', event = '', seconds = ''] = process.argv.slice(2);
const began = performance.now();
const { handler } = await import(pathToFileURL(file).href);
const loaded = performance.now();
const deadline = Date.now() + Number(seconds) * 1000;
const context = { awsRequestId: 'arm64', getRemainingTimeInMillis: () => deadline - Date.now() };
const result = await handler(JSON.parse(event), context);
const times = `loaded in ${Math.round(loaded - began)} ms, ran ${Math.round(performance.now() - loaded)} ms`;
console.log(`${process.platform}-${process.arch}: ${times}, answered ${JSON.stringify(result)}`);
