import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { tableDefinitionSchema } from '../cloud/dynamodb/table-definition.ts';
import type { Tables } from '../cloud/dynamodb/tables.ts';
import type { Buckets } from '../cloud/s3/buckets.ts';
import type { Secrets } from '../cloud/secrets/secrets.ts';
import type { Queues } from '../cloud/sqs/queues.ts';
import { type Attributes, createResolver, type Resolve } from './intrinsics.ts';
import type { ResourceDeclaration } from './template.ts';

// Resources need names: generated ones, as CloudFormation has, would change with each start. The schemas are
// strict, so that every property is either supported or listed as ignored.

/** The services that resources are created in. */
export interface CloudServices {
  region: string;
  accountId: string;
  queues: Queues;
  secrets: Pick<Secrets, 'ensureSecret'>;
  buckets: Pick<Buckets, 'ensureBucket'>;
  tables: Pick<Tables, 'ensureTable'>;
}

/** Creates one resource; idempotent. */
type CreateResource = (
  cloud: CloudServices,
  properties: Record<string, unknown>,
) => Attributes | Promise<Attributes>;

const ignored = (...names: string[]) =>
  Object.fromEntries(names.map((name) => [name, z.unknown().optional()]));

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const lastPart = (arn: string) => arn.slice(arn.lastIndexOf(':') + 1);

const queueSchema = z.strictObject({
  ...ignored('KmsMasterKeyId', 'SqsManagedSseEnabled', 'RedriveAllowPolicy', 'Tags'),
  QueueName: z.string(),
  FifoQueue: z.literal(false, 'FIFO queues are not supported here').optional(),
  VisibilityTimeout: z.coerce.number().optional(), // this and the following: seconds
  MessageRetentionPeriod: z.coerce.number().optional(),
  DelaySeconds: z.coerce.number().optional(),
  ReceiveMessageWaitTimeSeconds: z.coerce.number().optional(),
  RedrivePolicy: z
    .object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.coerce.number() })
    .optional(),
});

function createQueue(cloud: CloudServices, properties: unknown): Attributes {
  const declared = queueSchema.parse(properties);
  const { RedrivePolicy: redrive } = declared;
  const queue = cloud.queues.ensureQueue({
    name: declared.QueueName,
    ...withoutUndefined({
      visibilityTimeoutSeconds: declared.VisibilityTimeout,
      messageRetentionSeconds: declared.MessageRetentionPeriod,
      delaySeconds: declared.DelaySeconds,
      receiveWaitSeconds: declared.ReceiveMessageWaitTimeSeconds,
      redrive: redrive && {
        deadLetterQueueName: lastPart(redrive.deadLetterTargetArn),
        maxReceiveCount: redrive.maxReceiveCount,
      },
    }),
  });
  return { Ref: queue.url, Arn: queue.arn, QueueName: queue.name, QueueUrl: queue.url };
}

const method = z.enum(['GET', 'PUT', 'POST', 'DELETE', 'HEAD']);
/** Only the rule for unfinished uploads is supported: objects do not expire. */
const lifecycleRule = z.object({
  AbortIncompleteMultipartUpload: z.object({ DaysAfterInitiation: z.coerce.number() }).optional(),
});
const bucketSchema = z.strictObject({
  ...ignored('BucketEncryption', 'LoggingConfiguration', 'OwnershipControls', 'Tags'),
  ...ignored('PublicAccessBlockConfiguration'),
  LifecycleConfiguration: z.object({ Rules: z.array(lifecycleRule) }).optional(),
  BucketName: z.string(),
  CorsConfiguration: z
    .object({
      CorsRules: z.array(
        z.object({
          AllowedOrigins: z.array(z.string()),
          AllowedMethods: z.array(method),
          AllowedHeaders: z.array(z.string()).default([]),
          ExposedHeaders: z.array(z.string()).default([]),
          MaxAge: z.number().optional(), // seconds
        }),
      ),
    })
    .optional(),
  NotificationConfiguration: z
    .strictObject({
      QueueConfigurations: z.array(
        z.object({
          Event: z.string(),
          Queue: z.string(),
          Filter: z
            .object({
              S3Key: z.object({
                Rules: z.array(z.object({ Name: z.enum(['prefix', 'suffix']), Value: z.string() })),
              }),
            })
            .optional(),
        }),
      ),
    })
    .optional(),
});

function createBucket(cloud: CloudServices, properties: unknown): Attributes {
  const declared = bucketSchema.parse(properties);
  const days = declared.LifecycleConfiguration?.Rules.map(
    (rule) => rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation ?? Number.POSITIVE_INFINITY,
  );
  const abortPartsAfterDays = Math.min(...(days ?? []));
  cloud.buckets.ensureBucket({
    name: declared.BucketName,
    ...(Number.isFinite(abortPartsAfterDays) && { abortPartsAfterDays }),
    cors: declared.CorsConfiguration?.CorsRules.map((rule) => ({
      allowedOrigins: rule.AllowedOrigins,
      allowedMethods: rule.AllowedMethods,
      allowedHeaders: rule.AllowedHeaders,
      exposedHeaders: rule.ExposedHeaders,
      ...withoutUndefined({ maxAgeSeconds: rule.MaxAge }),
    })),
    notifications: declared.NotificationConfiguration?.QueueConfigurations.map((each) => {
      const rules = each.Filter?.S3Key.Rules ?? [];
      const filter = Object.fromEntries(rules.map((rule) => [rule.Name, rule.Value]));
      return { queueName: lastPart(each.Queue), events: [each.Event], ...filter };
    }),
  });
  return { Ref: declared.BucketName, Arn: `arn:aws:s3:::${declared.BucketName}` };
}

const tableSchema = tableDefinitionSchema.omit({ ttlAttribute: true }).extend({
  ...ignored('DeletionProtectionEnabled', 'PointInTimeRecoverySpecification', 'SSESpecification'),
  ...ignored('TableClass', 'Tags'),
  TimeToLiveSpecification: z
    .object({ AttributeName: z.string(), Enabled: z.literal(true) })
    .optional(),
});

async function createTable(cloud: CloudServices, properties: unknown): Promise<Attributes> {
  const declared = tableSchema.parse(properties);
  const ttl = declared.TimeToLiveSpecification;
  const { TableName, BillingMode, AttributeDefinitions, KeySchema } = declared;
  await cloud.tables.ensureTable({
    ...{ TableName, BillingMode, AttributeDefinitions, KeySchema },
    ...withoutUndefined({
      GlobalSecondaryIndexes: declared.GlobalSecondaryIndexes,
      ttlAttribute: ttl?.AttributeName,
    }),
  });
  const { region, accountId } = cloud;
  return { Ref: TableName, Arn: `arn:aws:dynamodb:${region}:${accountId}:table/${TableName}` };
}

const secretSchema = z.strictObject({
  ...ignored('Description', 'KmsKeyId', 'Tags'),
  Name: z.string(),
  GenerateSecretString: z
    .strictObject({ PasswordLength: z.number(), ExcludePunctuation: z.literal(true) })
    .optional(),
});

function createSecret(cloud: CloudServices, properties: unknown): Attributes {
  const { Name, GenerateSecretString: wanted } = secretSchema.parse(properties);
  const makeValue = wanted && (() => createPassword(wanted.PasswordLength));
  const { arn } = cloud.secrets.ensureSecret(Name, makeValue);
  return { Ref: arn, Id: arn };
}

function createPassword(length: number): string {
  return Array.from({ length }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}

/** Nothing is encrypted here, but other resources refer to the key. */
function describeKey({ region, accountId }: CloudServices): Attributes {
  const id = '00000000-0000-0000-0000-000000000000';
  return { Ref: id, KeyId: id, Arn: `arn:aws:kms:${region}:${accountId}:key/${id}` };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without undefined values, which would not mean the same as missing ones. */
function withoutUndefined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
}

const CREATE_BY_TYPE: Record<string, CreateResource> = {
  'AWS::S3::Bucket': createBucket,
  'AWS::SQS::Queue': createQueue,
  'AWS::DynamoDB::Table': createTable,
  'AWS::SecretsManager::Secret': createSecret,
};
/** Resources that others refer to, and that are never created. */
const REFERENCED_ONLY: Record<string, (cloud: CloudServices) => Attributes> = {
  'AWS::KMS::Key': describeKey,
};
// Permissions and monitoring: without meaning for one developer at a terminal.
const IGNORED_TYPES =
  /^AWS::(IAM::|KMS::|SQS::QueuePolicy$|S3::BucketPolicy$|Lambda::Permission$|CloudWatch::|CloudFront::|Logs::|SNS::)/;

interface Resources {
  /** Resolves references to them anywhere in the template. */
  resolve: Resolve;
  /** Ref and attributes by logical id. */
  attributes: Map<string, Attributes>;
  /** Declared types that do not exist here. */
  unsupported: string[];
}

/**
 * Creates what the template declares, each resource before those that refer to it.
 * Throws an error that names the place where a property cannot be resolved or is not understood.
 */
export async function createResources(
  cloud: CloudServices,
  declarations: ResourceDeclaration[],
  pseudo: Record<string, string>,
): Promise<Resources> {
  const byId = new Map(declarations.map((each) => [each.logicalId, each]));
  const attributes = new Map<string, Attributes>();
  const under = new Set<string>(); // being created; meeting one of them again is a cycle

  async function create(
    declaration: ResourceDeclaration,
    createResource: CreateResource,
  ): Promise<Attributes> {
    const { logicalId } = declaration;
    if (under.has(logicalId)) throw new Error(`${logicalId} needs itself by way of its references`);
    under.add(logicalId);
    const place = `resources.${logicalId}`;
    const properties = await resolve(declaration.properties, place);
    const created = await describeFailure(place, async () =>
      createResource(cloud, z.record(z.string(), z.unknown()).parse(properties)),
    );
    attributes.set(logicalId, created);
    return created;
  }

  async function attributesOf(logicalId: string, place: string): Promise<Attributes | undefined> {
    const declaration = byId.get(logicalId);
    if (!declaration) throw new Error(`${place}: there is no resource ${logicalId}`);
    const named = attributes.get(logicalId) ?? REFERENCED_ONLY[declaration.type]?.(cloud);
    const createResource = CREATE_BY_TYPE[declaration.type];
    return named ?? (createResource && (await create(declaration, createResource)));
  }

  const resolve = createResolver({ pseudo, attributesOf });
  for (const { logicalId } of declarations) await attributesOf(logicalId, 'resources');
  const others = declarations.filter(
    ({ type }) => !CREATE_BY_TYPE[type] && !IGNORED_TYPES.test(type),
  );
  return { resolve, attributes, unsupported: [...new Set(others.map(({ type }) => type))] };
}

async function describeFailure<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Error(`${place}: ${reason}`, { cause: error });
  }
}
