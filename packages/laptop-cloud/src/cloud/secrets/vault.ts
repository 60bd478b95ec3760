import { randomInt, randomUUID } from 'node:crypto';
import { awsError } from '../aws-service.ts';
import {
  addVersion,
  CURRENT,
  findVersion,
  type Secret,
  type SecretStore,
  type Version,
} from './secret-store.ts';

const NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
const MAX_VALUE_BYTES = 65_536;
const SUFFIX_LENGTH = 6;
const SUFFIX_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export interface Value {
  string?: string;
  binary?: string;
}

interface PutOptions {
  token?: string | undefined;
  stages?: string[] | undefined;
}

interface VaultOptions {
  region: string;
  accountId: string;
  /** Milliseconds since 1970. */
  now: () => number;
}

export type Vault = ReturnType<typeof createVault>;

/** Secrets Manager's rules; throws `AwsError` with its codes. */
export function createVault(store: SecretStore, { region, accountId, now }: VaultOptions) {
  const arnPrefix = `arn:aws:secretsmanager:${region}:${accountId}:secret:`;
  const seconds = () => now() / 1000;

  /** By name, by ARN, or by ARN without its suffix. */
  function find(id: string): Secret | undefined {
    if (!id.startsWith('arn:')) return store.find(id);
    if (!id.startsWith(arnPrefix)) return undefined;
    const rest = id.slice(arnPrefix.length);
    const whole = store.find(rest.slice(0, -(SUFFIX_LENGTH + 1)));
    return whole?.arn === id ? whole : store.find(rest);
  }

  function require(id: string): Secret {
    const secret = find(id);
    if (!secret) throw notFound("Secrets Manager can't find the specified secret.");
    return secret;
  }

  function create(name: string, description?: string): Secret {
    if (!NAME.test(name)) throw awsError('ValidationException', 'Invalid name of a secret.');
    if (store.find(name)) {
      throw awsError('ResourceExistsException', `The secret ${name} already exists.`);
    }
    const secret: Secret = {
      name,
      arn: `${arnPrefix}${name}-${createSuffix()}`,
      createdAt: seconds(),
      changedAt: seconds(),
      versions: [],
      ...(description !== undefined && { description }),
    };
    store.save(secret);
    return secret;
  }

  function put(id: string, value: Value, { token, stages }: PutOptions = {}): [Secret, Version] {
    const secret = require(id);
    checkValue(value);
    const known = secret.versions.find((version) => version.id === token);
    if (known) return [secret, sameOrRefused(known, value)];
    const added: Version = {
      id: token ?? randomUUID(),
      createdAt: seconds(),
      stages: stages ?? [CURRENT],
      ...value,
    };
    const versions = addVersion(secret.versions, added);
    const changed = { ...secret, changedAt: seconds(), versions };
    store.save(changed);
    return [changed, versions.at(-1) ?? added];
  }

  return {
    find,
    require,
    create,
    put,
    list: () => store.list(),
    remove: (id: string): Secret => {
      const secret = require(id);
      store.remove(secret.name);
      return secret;
    },
    describe(id: string, description: string): void {
      store.save({ ...require(id), description, changedAt: seconds() });
    },
    read(id: string, version: { id?: string | undefined; stage?: string | undefined }) {
      const secret = require(id);
      const found = findVersion(secret.versions, version);
      if (found) return { secret, version: found };
      const what = version.id
        ? `VersionId: ${version.id}`
        : `staging label: ${version.stage ?? CURRENT}`;
      throw notFound(`Secrets Manager can't find the specified secret value for ${what}`);
    },
  };
}

/** Throws unless there is exactly one value, neither empty nor too large. */
export function checkValue({ string, binary }: Value): void {
  if ((string === undefined) === (binary === undefined)) {
    throw awsError(
      'InvalidParameterException',
      'You must provide either SecretString or SecretBinary.',
    );
  }
  const bytes =
    string === undefined ? Buffer.byteLength(binary ?? '', 'base64') : Buffer.byteLength(string);
  if (bytes > 0 && bytes <= MAX_VALUE_BYTES) return;
  throw awsError('ValidationException', `A secret value has 1 to ${MAX_VALUE_BYTES} bytes.`);
}

/** Repeating a request makes no new version; reusing its token for another value is an error. */
function sameOrRefused(known: Version, value: Value): Version {
  if (known.string === value.string && known.binary === value.binary) return known;
  throw awsError(
    'ResourceExistsException',
    `A version with the token ${known.id} already exists and has another value.`,
  );
}

function createSuffix(): string {
  return Array.from({ length: SUFFIX_LENGTH }, () =>
    SUFFIX_LETTERS.charAt(randomInt(SUFFIX_LETTERS.length)),
  ).join('');
}

function notFound(message: string) {
  return awsError('ResourceNotFoundException', message);
}
