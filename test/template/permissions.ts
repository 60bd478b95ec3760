import { CALLS, CALLS_OF_LAMBDA, CALLS_WHERE_VERSIONED } from './calls.ts';
import {
  createPackagedResolver,
  type Deployed,
  listDeployed,
  listOf,
  listResources,
  readUploadBucketArn,
  type Statement,
} from './deployed.ts';
import { matches } from './iam.ts';
import type { Packaged } from './package-stage.ts';

/** One thing that IAM is asked. */
interface Question {
  action: string;
  resource: string;
  /** Of the item's key, where the action is on one. */
  leadingKey?: string;
}

/** A call, what IAM is asked for it, and the statements that are meant to allow that. */
interface Row {
  call: string;
  sids: string[];
  questions: Question[];
}

/** What is wrong with the roles: a call that is not allowed, or not by the statement meant; a permission nobody uses. */
export async function findPermissionProblems(packaged: Packaged): Promise<string[]> {
  const functions = await listDeployed(packaged);
  const names = await readNames(packaged);
  const queues = await listPolled(packaged);
  return functions.flatMap((each) => {
    const rows = [...listRows(each, names), ...listLambdasRows(each, queues)];
    const question = JSON.stringify([rows, names.Table]);
    const { [question]: known = findOwnProblems(each, rows, names) } = judged.get(each) ?? {};
    judged.set(each, { [question]: known });
    return known;
  });
}

/** By function, and what is asked of it: most are the same in all broken templates. */
const judged = new WeakMap<Deployed, Record<string, string[]>>();

function findOwnProblems(each: Deployed, rows: Row[], names: Names): string[] {
  return [
    ...findRefused(each, rows),
    ...findUnused(each, rows),
    ...findWildcards(each),
    ...findForgers(each, names),
  ];
}

function findRefused(each: Deployed, rows: Row[]): string[] {
  return rows.flatMap(({ call, sids, questions }) => {
    const allowing = questions.map(
      (question) => each.statements.find((statement) => allows(statement, question))?.Sid,
    );
    const meant = sids.toSorted().join();
    const real = [...new Set(allowing)].toSorted().join();
    if (allowing.includes(undefined)) return [`${each.name} may not: ${call}`];
    return meant === real ? [] : [`${each.name}: ${call} is allowed by ${real}, not by ${meant}`];
  });
}

/** Every action on every resource of every statement has to be asked for. */
function findUnused(each: Deployed, rows: Row[]): string[] {
  const asked = rows.flatMap(({ questions }) => questions);
  return each.statements.flatMap((statement) =>
    cross(listOf(statement.Action), listOf(statement.Resource)).flatMap(([Action, Resource]) => {
      const single = { ...statement, Action, Resource };
      const isUsed = asked.some((question) => allows(single, question));
      return isUsed ? [] : [`${each.name} needs no ${Action} on ${Resource} (${statement.Sid})`];
    }),
  );
}

function findWildcards({ name, statements }: Deployed): string[] {
  return statements.flatMap(({ Sid, Effect, Action, Resource }) => [
    ...(Effect === 'Allow' ? [] : [`${name}: ${Sid} does not allow`]),
    ...listOf(Action).flatMap((action) => (action.includes('*') ? [`${name}: ${action}`] : [])),
    ...listOf(Resource).flatMap((resource) =>
      /^arn:aws:[^*]+[/:]\*?[^*]*$/.test(resource) ? [] : [`${name}: ${Sid} on ${resource}`],
    ),
  ]);
}

/** Who could write a client's key, or a token, could let anybody in. */
function findForgers({ name, statements }: Deployed, names: Names): string[] {
  const kinds = ['client-key', 'client', ...(name === 'create-token' ? [] : ['token'])];
  const writes = ['PutItem', 'UpdateItem', 'DeleteItem'].flatMap((operation) =>
    kinds.map((kind) => ({
      action: `dynamodb:${operation}`,
      resource: `${names.Table}`,
      leadingKey: `${kind}#x`,
    })),
  );
  return writes
    .filter((question) => statements.some((statement) => allows(statement, question)))
    .map(({ action, leadingKey }) => `${name} may forge ${leadingKey} by ${action}`);
}

function allows(statement: Statement, { action, resource, leadingKey }: Question): boolean {
  const { Effect, Action, Resource, Condition = {} } = statement;
  const keys = Condition['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'];
  return (
    Effect === 'Allow' &&
    listOf(Action).includes(action) &&
    listOf(Resource).some((pattern) => matches(pattern, resource)) &&
    (!keys || listOf(keys).some((pattern) => matches(pattern, leadingKey ?? '')))
  );
}

interface Names {
  [logicalName: string]: string;
}

async function readNames(packaged: Packaged): Promise<Names> {
  const resolve = createPackagedResolver(packaged);
  const arnOf = async (id: string) =>
    String(await resolve({ 'Fn::GetAtt': [id, 'Arn'] }, 'calls.ts'));
  const ids = ['Table', 'UploadQueue', 'WebhookQueue', 'GeminiSecret', 'DoorSecret', 'Key'];
  const arns = await Promise.all(ids.map(async (id) => [id, await arnOf(id)]));
  const results = await arnOf('ResultBucket');
  return { ...Object.fromEntries(arns), uploads: await readUploadBucketArn(packaged), results };
}

function listRows({ name }: Deployed, names: Names): Row[] {
  return Object.entries({ ...CALLS[name], ...CALLS_WHERE_VERSIONED[name] }).map(([call, sids]) => ({
    call,
    sids: sids.split(' '),
    questions: askFor(call, names),
  }));
}

/** What IAM asks for a call. https://docs.aws.amazon.com/service-authorization/latest/reference/ */
function askFor(call: string, names: Names): Question[] {
  const [action = '', on = '', missing] = call.split(' ');
  const [service, operation = ''] = action.split(':');
  if (service === 'dynamodb') {
    const resource = `${names.Table}`;
    if (operation === 'Query') return [{ action, resource: `${resource}/index/${on}` }];
    return [{ action, resource, leadingKey: `${on}#x` }];
  }
  if (service === 's3') return askS3(operation, on, missing !== undefined, names);
  const isBatch = operation === 'SendMessageBatch'; // allowed by the right to send one
  return [{ action: isBatch ? 'sqs:SendMessage' : action, resource: `${names[on]}` }];
}

const S3_ACTIONS: Record<string, string> = {
  HeadObject: 's3:GetObject',
  PostObject: 's3:PutObject',
  CreateMultipartUpload: 's3:PutObject',
  UploadPart: 's3:PutObject',
  CompleteMultipartUpload: 's3:PutObject',
  ListParts: 's3:ListMultipartUploadParts',
  HeadBucket: 's3:ListBucket',
  ListObjectVersions: 's3:ListBucketVersions',
};
// Of objects that may have a tag with how long they are kept.
const TAGGING = new Set(['PutObject', 'PostObject', 'CreateMultipartUpload']);
// By S3 in the caller's name, where the bucket is encrypted with KMS.
const KMS_ACTIONS: Record<string, string[]> = {
  GetObject: ['kms:Decrypt'],
  PutObject: ['kms:GenerateDataKey'],
  PostObject: ['kms:GenerateDataKey'],
  // It reads the parts again to put them together.
  CreateMultipartUpload: ['kms:GenerateDataKey', 'kms:Decrypt'],
  UploadPart: ['kms:GenerateDataKey', 'kms:Decrypt'],
  CompleteMultipartUpload: ['kms:GenerateDataKey', 'kms:Decrypt'],
};

function askS3(operation: string, on: string, missing: boolean, names: Names): Question[] {
  const [bucketName = '', folder] = on.split('/');
  const bucket = `${names[bucketName]}`;
  const action = S3_ACTIONS[operation] ?? `s3:${operation}`;
  const kms = missing ? [] : (KMS_ACTIONS[operation] ?? []);
  const isUnseen = missing && /^(Get|Head)Object$/.test(operation);
  // Uploads are deleted only as they were read (If-Match), which takes the right to read them.
  const isConditional = operation === 'DeleteObject' && bucketName === 'uploads';
  return [
    { action, resource: folder ? `${bucket}/${folder}/x` : bucket },
    ...(isUnseen ? [{ action: 's3:ListBucket', resource: bucket }] : []),
    ...(TAGGING.has(operation)
      ? [{ action: 's3:PutObjectTagging', resource: `${bucket}/${folder}/x` }]
      : []),
    ...(isConditional ? [{ action: 's3:GetObject', resource: `${bucket}/${folder}/x` }] : []),
    ...kms.map((kmsAction) => ({ action: kmsAction, resource: `${names.Key}` })),
  ];
}

async function listPolled(packaged: Packaged): Promise<{ functionId: string; queue: string }[]> {
  const resolve = createPackagedResolver(packaged);
  const mappings = listResources(packaged, 'AWS::Lambda::EventSourceMapping');
  return Promise.all(
    mappings.map(async ([id, { Properties }]) => ({
      functionId: Properties.FunctionName['Fn::GetAtt'][0],
      queue: String(await resolve(Properties.EventSourceArn, id)),
    })),
  );
}

function listLambdasRows(
  { functionName, logicalId }: Deployed,
  polled: { functionId: string; queue: string }[],
): Row[] {
  const group = `arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/${functionName}`;
  const logs = Object.entries(CALLS_OF_LAMBDA.logs).map(([action, sid]) => ({
    call: action,
    sids: [sid],
    questions: [{ action, resource: `${group}:log-stream:x` }],
  }));
  const queues = polled
    .filter(({ functionId }) => functionId === logicalId)
    .flatMap(({ queue }) =>
      Object.entries(CALLS_OF_LAMBDA.queues).map(([action, sid]) => ({
        call: `${action} ${queue}`,
        sids: [sid],
        questions: [{ action, resource: queue }],
      })),
    );
  return [...logs, ...queues];
}

function cross<A, B>(left: A[], right: B[]): [A, B][] {
  return left.flatMap((a) => right.map((b): [A, B] => [a, b]));
}
