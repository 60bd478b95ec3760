import { fileURLToPath } from 'node:url';
import { start } from 'laptop-cloud';

const { PORT = '3000', AWS_PORT = '4566', DATA = '.data' } = process.env;

const stack = await start(fileURLToPath(new URL('serverless.yml', import.meta.url)), {
  dataDir: DATA,
  port: Number(PORT),
  awsPort: Number(AWS_PORT),
  credentials: { accessKeyId: 'AKIALAPTOPLAPTOPLAPT', secretAccessKey: 'for-this-laptop-alone' },
  beforeFunctions: ({ cloud, refOf }) => cloud.secrets.putValue(refOf('Token'), 'sesame'),
  print: console.log,
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stack.close);
console.log(`ready: API at ${stack.url}, AWS at ${stack.cloud.endpoint}`);
