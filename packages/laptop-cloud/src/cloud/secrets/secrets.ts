import { join } from 'node:path';
import { z } from 'zod';
import {
  type AwsService,
  awsError,
  describeFailure,
  type Operation,
  readAwsJson,
  sendAwsJson,
  unknownOperation,
} from '../aws-service.ts';
import { openSecretStore, type Secret, type Version } from './secret-store.ts';
import { checkValue, createVault, type Value, type Vault } from './vault.ts';

const MAX_LISTED = 100;

const SecretId = z.string().min(1).max(2048);
const text = z.string().exactOptional();
const value = { SecretString: text, SecretBinary: z.base64().exactOptional() };
const ClientRequestToken = z.string().min(32).max(64).exactOptional();

// Strict: unsupported parameters (rotation, replicas, KMS keys, tags) are refused, never ignored.
const getInput = z.strictObject({ SecretId, VersionId: text, VersionStage: text });
const describeInput = z.strictObject({ SecretId });
const createInput = z.strictObject({
  Name: z.string(),
  Description: text,
  ClientRequestToken,
  ...value,
});
const putInput = z.strictObject({
  SecretId,
  ClientRequestToken,
  VersionStages: z.array(z.string()).min(1).max(20).exactOptional(),
  ...value,
});
const updateInput = z.strictObject({ SecretId, Description: text, ClientRequestToken, ...value });
const listInput = z.strictObject({
  MaxResults: z.int().min(1).max(MAX_LISTED).default(MAX_LISTED),
  NextToken: text,
});
const deleteInput = z.strictObject({
  SecretId,
  ForceDeleteWithoutRecovery: z.literal(true, 'only a deletion without recovery is supported here'),
});

/** The supported operations, by their names in the API. */
const OPERATIONS: Record<string, Operation<Vault>> = {
  GetSecretValue(input, vault) {
    const { SecretId: id, VersionId, VersionStage } = parse(getInput, input);
    const { secret, version } = vault.read(id, { id: VersionId, stage: VersionStage });
    return {
      ...identify(secret),
      ...identifyVersion(version),
      CreatedDate: version.createdAt,
      ...(version.string !== undefined && { SecretString: version.string }),
      ...(version.binary !== undefined && { SecretBinary: version.binary }),
    };
  },
  PutSecretValue(input, vault) {
    const given = parse(putInput, input);
    const [secret, version] = vault.put(given.SecretId, toValue(given), {
      token: given.ClientRequestToken,
      stages: given.VersionStages,
    });
    return { ...identify(secret), ...identifyVersion(version) };
  },
  CreateSecret(input, vault) {
    const given = parse(createInput, input);
    if (hasValue(given)) checkValue(toValue(given)); // before the secret is created: a refused value must not leave an empty one
    const secret = vault.create(given.Name, given.Description);
    return { ...identify(secret), ...putIfGiven(vault, given.Name, given) };
  },
  UpdateSecret(input, vault) {
    const given = parse(updateInput, input);
    const secret = vault.require(given.SecretId);
    if (given.Description !== undefined) vault.describe(given.SecretId, given.Description);
    return { ...identify(secret), ...putIfGiven(vault, given.SecretId, given) };
  },
  DescribeSecret: (input, vault) =>
    describeSecret(vault.require(parse(describeInput, input).SecretId), 'VersionIdsToStages'),
  ListSecrets(input, vault) {
    const { MaxResults, NextToken } = parse(listInput, input);
    const after = Buffer.from(NextToken ?? '', 'base64url').toString();
    const rest = vault.list().filter(({ name }) => name > after);
    const shown = rest.slice(0, MaxResults);
    const last = rest.length > MaxResults ? shown.at(-1) : undefined;
    return {
      SecretList: shown.map((secret) => describeSecret(secret, 'SecretVersionsToStages')),
      ...(last && { NextToken: Buffer.from(last.name).toString('base64url') }),
    };
  },
  DeleteSecret(input, vault) {
    const secret = vault.remove(parse(deleteInput, input).SecretId);
    return { ...identify(secret), DeletionDate: Date.now() / 1000 };
  },
};

function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw awsError('InvalidParameterException', z.prettifyError(parsed.error));
}

interface GivenValue {
  SecretString?: string;
  SecretBinary?: string;
}

function hasValue(given: GivenValue): boolean {
  return given.SecretString !== undefined || given.SecretBinary !== undefined;
}

function toValue(given: GivenValue): Value {
  return {
    ...(given.SecretString !== undefined && { string: given.SecretString }),
    ...(given.SecretBinary !== undefined && { binary: given.SecretBinary }),
  };
}

function putIfGiven(vault: Vault, id: string, given: GivenValue & { ClientRequestToken?: string }) {
  if (!hasValue(given)) return {};
  const [, version] = vault.put(id, toValue(given), { token: given.ClientRequestToken });
  return { VersionId: version.id };
}

function identify({ arn, name }: Secret) {
  return { ARN: arn, Name: name };
}

function identifyVersion({ id, stages }: Version) {
  return { VersionId: id, VersionStages: stages };
}

function describeSecret(secret: Secret, versionsName: string) {
  return {
    ...identify(secret),
    ...(secret.description !== undefined && { Description: secret.description }),
    CreatedDate: secret.createdAt,
    LastChangedDate: secret.changedAt,
    [versionsName]: Object.fromEntries(secret.versions.map(({ id, stages }) => [id, stages])),
  };
}

/** Secrets Manager; all values lie in `dataDir/secrets`. */
export interface Secrets extends AwsService {
  /** Creates the secret if it does not exist, and makes a value if it has none. */
  ensureSecret(name: string, makeValue?: () => string): { arn: string; name: string };
  /** Makes the value current, and creates the secret if needed. Setting the same value again changes nothing. */
  putValue(name: string, value: string): void;
}

interface SecretsOptions {
  dataDir: string;
  region: string;
  accountId: string;
  /** Milliseconds since 1970. */
  now?: () => number;
}

const operations = new Map(Object.entries(OPERATIONS));

export function createSecrets({ dataDir, now = Date.now, ...names }: SecretsOptions): Secrets {
  const vault = createVault(openSecretStore(join(dataDir, 'secrets')), { ...names, now });
  const ensureSecret = (name: string) => vault.find(name) ?? vault.create(name);
  return {
    ensureSecret(name, makeValue) {
      const { arn, versions } = ensureSecret(name);
      if (makeValue && versions.length === 0) vault.put(name, { string: makeValue() });
      return { arn, name };
    },
    putValue(name, value) {
      const { versions } = ensureSecret(name);
      const current = versions.find(({ stages }) => stages.includes('AWSCURRENT'));
      if (current?.string !== value) vault.put(name, { string: value });
    },
    async handle(request, response) {
      try {
        const { operation, input } = readAwsJson(request, 'secretsmanager');
        const run = operations.get(operation);
        if (!run) throw unknownOperation(operation);
        sendAwsJson(response, '1.1', 200, await run(input, vault));
      } catch (error) {
        const { code, message, status } = describeFailure(error);
        sendAwsJson(response, '1.1', status, { __type: code, Message: message });
      }
    },
  };
}
