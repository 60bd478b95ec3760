import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSecrets, type Secrets } from '../src/cloud/secrets/secrets.ts';
import { SDK_OPTIONS, type ServedService, serveService } from './serve-service.ts';

const OPTIONS = { region: 'us-east-1', accountId: '000000000000' };

let dataDir: string;
let secrets: Secrets;
let served: ServedService;
let client: SecretsManagerClient;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'laptop-cloud-secrets-'));
  secrets = createSecrets({ dataDir, ...OPTIONS });
  served = await serveService(secrets);
  client = new SecretsManagerClient({ ...SDK_OPTIONS, endpoint: served.endpoint });
});

afterEach(async () => {
  client.destroy();
  await served.close();
  await rm(dataDir, { recursive: true });
});

const read = (SecretId: string, version: { VersionId?: string; VersionStage?: string } = {}) =>
  client.send(new GetSecretValueCommand({ SecretId, ...version }));

describe('a declared secret', () => {
  test('without a value is not found under the current label', async () => {
    secrets.ensureSecret('app/key');
    await expect(read('app/key')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: expect.stringContaining('AWSCURRENT'),
    });
  });

  test('is found by name, by ARN and by ARN without its suffix', async () => {
    const { arn } = secrets.ensureSecret('app/key');
    secrets.putValue('app/key', 'hunter2');
    expect(arn).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:app\/key-\w{6}$/);
    for (const id of ['app/key', arn, arn.slice(0, -7)]) {
      expect(await read(id)).toMatchObject({ SecretString: 'hunter2', Name: 'app/key', ARN: arn });
    }
    await expect(read(`${arn.slice(0, -1)}_`)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('keeps its ARN and its value over a restart', () => {
    const before = secrets.ensureSecret('app/key');
    secrets.putValue('app/key', 'hunter2');
    const again = createSecrets({ dataDir, ...OPTIONS });
    expect(again.ensureSecret('app/key')).toEqual(before);
  });
});

describe('versions', () => {
  test('when a value is put, then the one before is the previous, and the one before that is gone', async () => {
    const { VersionId: first } = await client.send(
      new CreateSecretCommand({ Name: 'key', SecretString: 'one' }),
    );
    await client.send(new PutSecretValueCommand({ SecretId: 'key', SecretString: 'two' }));
    await client.send(new UpdateSecretCommand({ SecretId: 'key', SecretString: 'three' }));
    expect(await read('key')).toMatchObject({
      SecretString: 'three',
      VersionStages: ['AWSCURRENT'],
    });
    const previous = await read('key', { VersionStage: 'AWSPREVIOUS' });
    expect(previous.SecretString).toBe('two');
    expect(await read('key', { VersionId: previous.VersionId ?? '' })).toMatchObject({
      SecretString: 'two',
    });
    await expect(read('key', { VersionId: first ?? '' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    const { VersionIdsToStages } = await client.send(
      new DescribeSecretCommand({ SecretId: 'key' }),
    );
    expect(Object.values(VersionIdsToStages ?? {})).toEqual([['AWSPREVIOUS'], ['AWSCURRENT']]);
  });

  test('when a request comes twice with its token, then it makes one version', async () => {
    await client.send(new CreateSecretCommand({ Name: 'key', SecretString: 'one' }));
    const ClientRequestToken = 'a'.repeat(32);
    const put = { SecretId: 'key', ClientRequestToken };
    await client.send(new PutSecretValueCommand({ ...put, SecretString: 'two' }));
    await client.send(new PutSecretValueCommand({ ...put, SecretString: 'two' }));
    expect((await read('key', { VersionStage: 'AWSPREVIOUS' })).SecretString).toBe('one');
    await expect(
      client.send(new PutSecretValueCommand({ ...put, SecretString: 'other' })),
    ).rejects.toMatchObject({ name: 'ResourceExistsException' });
  });

  test('when the same value is set again at a start, then the version stays', async () => {
    secrets.putValue('key', 'one');
    const { VersionId } = await read('key');
    secrets.putValue('key', 'one');
    expect((await read('key')).VersionId).toBe(VersionId);
  });

  test('any text and any bytes come back as they were', async () => {
    await client.send(new CreateSecretCommand({ Name: 'key' }));
    const text = fc.string({ minLength: 1, unit: 'grapheme' });
    await fc.assert(
      fc.asyncProperty(text, fc.uint8Array({ minLength: 1 }), async (SecretString, bytes) => {
        await client.send(new PutSecretValueCommand({ SecretId: 'key', SecretString }));
        expect((await read('key')).SecretString).toBe(SecretString);
        await client.send(new PutSecretValueCommand({ SecretId: 'key', SecretBinary: bytes }));
        expect(Buffer.from((await read('key')).SecretBinary ?? []).equals(bytes)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });
});

describe('on the disk', () => {
  test('values lie in files of this user alone, whatever the name', async () => {
    secrets.putValue('../../escape', 'hunter2');
    secrets.putValue('a/b/../c', 'hunter3');
    const folder = join(dataDir, 'secrets');
    expect(await readdir(dataDir)).toEqual(['secrets']);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const files = await readdir(folder);
    expect(files).toHaveLength(2);
    for (const file of files) {
      expect(file).toMatch(/^[0-9a-f]{64}\.json$/);
      expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
    }
  });

  test('when a kill left half a file, then the next start removes it', async () => {
    const half = join(dataDir, 'secrets', 'half.tmp');
    await writeFile(half, '{"name":');
    createSecrets({ dataDir, ...OPTIONS });
    await expect(readFile(half)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('refusals', () => {
  const refused = (sent: Promise<unknown>, name: string) =>
    expect(sent).rejects.toMatchObject({ name });

  test('come with the names that AWS gives them', async () => {
    await refused(read('nothing'), 'ResourceNotFoundException');
    await client.send(new CreateSecretCommand({ Name: 'key' }));
    await refused(client.send(new CreateSecretCommand({ Name: 'key' })), 'ResourceExistsException');
    await refused(
      client.send(new CreateSecretCommand({ Name: 'no spaces' })),
      'ValidationException',
    );
    await refused(
      client.send(new PutSecretValueCommand({ SecretId: 'key' })),
      'InvalidParameterException',
    );
    const SecretString = 'x'.repeat(65_537);
    await refused(
      client.send(new PutSecretValueCommand({ SecretId: 'key', SecretString })),
      'ValidationException',
    );
    await refused(
      client.send(new RotateSecretCommand({ SecretId: 'key' })),
      'UnknownOperationException',
    );
    await refused(
      client.send(new CreateSecretCommand({ Name: 'other', KmsKeyId: 'alias/own' })),
      'InvalidParameterException',
    );
    await refused(
      client.send(new DeleteSecretCommand({ SecretId: 'key' })),
      'InvalidParameterException',
    );
  });

  test('when the first value is refused, then no secret is left behind', async () => {
    const SecretString = 'x'.repeat(65_537);
    await refused(
      client.send(new CreateSecretCommand({ Name: 'key', SecretString })),
      'ValidationException',
    );
    await refused(
      client.send(new DescribeSecretCommand({ SecretId: 'key' })),
      'ResourceNotFoundException',
    );
  });

  test('a deleted secret is gone from the list and from reads', async () => {
    for (const Name of ['a', 'b', 'c']) {
      await client.send(new CreateSecretCommand({ Name, SecretString: 'x' }));
    }
    await client.send(new DeleteSecretCommand({ SecretId: 'b', ForceDeleteWithoutRecovery: true }));
    const page = await client.send(new ListSecretsCommand({ MaxResults: 1 }));
    const { NextToken } = page;
    const rest = await client.send(new ListSecretsCommand({ ...(NextToken && { NextToken }) }));
    const names = [page, rest].flatMap(({ SecretList = [] }) => SecretList.map(({ Name }) => Name));
    expect(names).toEqual(['a', 'c']);
    await refused(read('b'), 'ResourceNotFoundException');
  });
});
