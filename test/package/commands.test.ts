import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ended, runCommand } from '../support/command.ts';
import { createHome, type RunningStack, startStack } from '../support/stack.ts';
import { serveOutputs } from '../support/stack-outputs.ts';

// The commands for a deployed stage: the laptop's stack plays it, and its CloudFormation is played here.

const GEMINI_KEY = 'AIza-a-key-that-must-not-be-shown';
const SECRET = 'sightline/local/gemini';
let stack: RunningStack;
let cloudFormation: Awaited<ReturnType<typeof serveOutputs>>;
let env: Record<string, string>;

beforeAll(async () => {
  const home = await createHome();
  stack = await startStack(home);
  const { info } = stack;
  cloudFormation = await serveOutputs('sightline-local', {
    ApiUrl: info.apiUrl,
    TableName: 'sightline-local',
    GeminiSecretArn: SECRET,
    PageBucketName: 'sightline-local-page',
    PageUrl: info.apiUrl,
  });
  env = {
    SIGHTLINE_DATA: home.dataDir,
    AWS_ACCESS_KEY_ID: info.accessKeyId,
    AWS_SECRET_ACCESS_KEY: info.secretAccessKey,
    AWS_ENDPOINT_URL: info.awsEndpoint,
    AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url,
  };
});
afterAll(async () => {
  cloudFormation?.close();
  await stack?.stop();
});

function describeSdk() {
  const { accessKeyId, secretAccessKey, awsEndpoint: endpoint, region } = stack.info;
  return { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
}
const everything = ({ stdout, stderr }: Ended) => `${stdout}${stderr}`;

test('the smoke test passes against the laptop, and leaves nothing behind', async () => {
  expect(await runCommand('smoke', [], { env })).toMatchObject({ code: 0, stderr: '' });
  const list = await (await stack.call('/v1/analyses')).json();
  expect(list).toMatchObject({ data: [] });
}, 60_000);

test('the smoke test of a stage uses a key of its own, which is gone afterwards', async () => {
  const ended = await runCommand('smoke', ['--stage', 'local'], { env });
  expect(everything(ended)).toMatch(/passed\n$/);
  expect(ended.code).toBe(0);
  const scan = new ScanCommand({ TableName: 'sightline-local' });
  const { Items = [] } = await new DynamoDBClient(describeSdk()).send(scan);
  const clients = Items.filter(({ pk }) => pk?.S?.startsWith('client-key#'));
  expect(clients.map(({ clientId }) => clientId?.S)).toEqual(['local']);
}, 60_000);

test('the smoke test fails and says where, when the service does not work', async () => {
  const args = ['--url', stack.info.apiUrl, '--key', 'a-key-that-is-not-one'];
  const ended = await runCommand('smoke', args, { env });
  expect(ended).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^readiness: answered 401/),
  });
  expect(ended.stdout).not.toContain('passed');
});

test('a stage that was never deployed is said to be so', async () => {
  for (const [name, args] of [
    ['smoke', []],
    ['keys', ['create', '--client', 'me']],
    ['secret', []],
  ] as const) {
    const ended = await runCommand(name, [...args, '--stage', 'nowhere'], { env });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/no stack sightline-nowhere in us-east-1; deploy it first/);
  }
});

test('a stage whose first deployment failed can be removed, and is not said to be whole', async () => {
  const failed = await serveOutputs('sightline-failed', { ServerlessDeploymentBucketName: 'x' });
  const half = { ...env, AWS_ENDPOINT_URL_CLOUDFORMATION: failed.url };
  const [removed, tried] = await Promise.all(
    (['remove', 'smoke'] as const).map((name) =>
      runCommand(name, ['--stage', 'failed'], { env: half }),
    ),
  );
  failed.close();
  expect(removed?.stderr).toContain('Removing sightline from stage failed'); // by the framework
  expect(tried?.stderr).toMatch(/sightline-failed gives no ApiUrl, .*: deploy it again/);
});

test('a key made for a client opens the API', async () => {
  const args = ['create', '--client', 'someone', '--stage', 'local'];
  const { stdout, code } = await runCommand('keys', args, { env });
  expect(code).toBe(0);
  const headers = { authorization: `Bearer ${stdout.trim()}` };
  expect((await fetch(`${stack.info.apiUrl}/v1/analyses`, { headers })).status).toBe(200);
});

test('settings of a client hold for the key that it has, on this machine without a word of the stage', async () => {
  const args = ['set', '--client', 'local', '--allow', '192.0.2.0/24'];
  expect((await runCommand('keys', args, { env })).stdout).toContain('"allow":["192.0.2.0/24"]');
  expect((await stack.call('/v1/analyses')).status).toBe(403);
  const back = await runCommand('keys', [...args.slice(0, 4), 'default'], { env });
  expect(back).toMatchObject({ code: 0, stdout: expect.stringMatching(/^local\n {2}key_local /) });
  expect((await stack.call('/v1/analyses')).status).toBe(200);
  const wrong = await runCommand('keys', ['create', '--client', 'a#b'], { env });
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringMatching(/^usage: /) });
});

test('the Gemini key goes from a pipe into the secret, and is shown nowhere', async () => {
  const ended = await runCommand('secret', ['--stage', 'local'], { env, input: `${GEMINI_KEY}\n` });
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(everything(ended)).not.toContain(GEMINI_KEY);
  const secrets = new SecretsManagerClient(describeSdk());
  const stored = await secrets.send(new GetSecretValueCommand({ SecretId: SECRET }));
  expect(stored.SecretString).toBe(GEMINI_KEY);
});

test('a Gemini key as an argument, or one with a line break in it, is refused unseen', async () => {
  const argument = await runCommand('secret', ['--stage', 'local', GEMINI_KEY], { env });
  const broken = await runCommand('secret', ['--stage', 'local'], { env, input: 'AIza one\ntwo' });
  for (const ended of [argument, broken]) {
    expect(ended.code).toBe(1);
    expect(everything(ended)).not.toContain('AIza');
  }
});
