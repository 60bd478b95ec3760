import { type AwsRequest, awsError } from '../aws-service.ts';
import { splitTarget } from '../canonical-request.ts';

// The Query protocol's singular names and their plurals in JSON: of lists, and of maps with names and values.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html
const LISTS: Record<string, string> = {
  AttributeName: 'AttributeNames',
  MessageSystemAttributeName: 'MessageSystemAttributeNames',
  MessageAttributeName: 'MessageAttributeNames',
  SendMessageBatchRequestEntry: 'Entries',
  DeleteMessageBatchRequestEntry: 'Entries',
  ChangeMessageVisibilityBatchRequestEntry: 'Entries',
};
const MAPS: Record<string, string> = {
  Attribute: 'Attributes',
  MessageAttribute: 'MessageAttributes',
  MessageSystemAttribute: 'MessageSystemAttributes',
};
// The protocol's own parameters and those of a signature in the query string.
const NOT_INPUT = /^(Action|Version|X-Amz-.*|AWSAccessKeyId|Signature.*|Timestamp|Expires)$/;

/** The longest name of SQS has 6: `SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue`. */
const MAX_STEPS = 10;

type Tree = { [name: string]: Tree | string };

/** The operation and its input in the JSON protocol's shape; a request to a queue's own URL needs no `QueueUrl`. Throws `MalformedInput`. */
export function readQuery(request: AwsRequest): { operation: string; input: unknown } {
  const { path, query } = splitTarget(request.url); // no URL class: it throws for `//`
  const parameters = new URLSearchParams(
    request.method === 'POST' ? request.body.toString('utf8') : query,
  );
  const tree = growTree(parameters);
  if (path !== '/') tree.QueueUrl ??= `http://localhost${path}`;
  return { operation: parameters.get('Action') ?? '', input: convertTree(tree) };
}

function growTree(parameters: URLSearchParams): Tree {
  const root: Tree = Object.create(null);
  for (const [path, value] of parameters) {
    if (NOT_INPUT.test(path)) continue;
    const steps = path.split('.');
    if (steps.length > MAX_STEPS) {
      throw awsError('MalformedInput', `A parameter's name has at most ${MAX_STEPS} parts.`);
    }
    const last = steps.pop() ?? '';
    let branch = root;
    for (const step of steps) {
      const next = branch[step];
      branch = branch[step] = typeof next === 'object' ? next : Object.create(null);
    }
    branch[last] = value;
  }
  return root;
}

function convertTree(tree: Tree): Record<string, unknown> {
  const converted: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(tree)) {
    if (typeof value === 'string') converted[name] = value;
    else if (LISTS[name]) converted[LISTS[name]] = listItems(value);
    else if (MAPS[name]) converted[MAPS[name]] = Object.fromEntries(listItems(value).map(toPair));
    else converted[name] = convertTree(value);
  }
  return converted;
}

/** `X.1`, `X.2`, … in their order. */
function listItems(tree: Tree): unknown[] {
  return Object.entries(tree)
    .sort(([left], [right]) => Number(left) - Number(right))
    .map(([, value]) => (typeof value === 'string' ? value : convertTree(value)));
}

function toPair(item: unknown): [string, unknown] {
  const { Name = '', Value = '' }: { Name?: unknown; Value?: unknown } = Object(item);
  return [String(Name), Value];
}

const NAMESPACE = 'http://queue.amazonaws.com/doc/2012-11-05/';

// JSON's plural members and their flattened elements in XML.
const ELEMENT_NAMES: Record<string, string> = {
  QueueUrls: 'QueueUrl',
  queueUrls: 'QueueUrl',
  Messages: 'Message',
  Failed: 'BatchResultErrorEntry',
};
const MAP_NAMES: Record<string, string> = {
  Attributes: 'Attribute',
  MessageAttributes: 'MessageAttribute',
};

/** An operation's output in the Query protocol. */
export function renderResult(operation: string, output: object, requestId: string): string {
  const members = renderMembers(operation, output);
  // Present even if empty: botocore looks the element up.
  const result = `<${operation}Result>${members}</${operation}Result>`;
  return (
    `<?xml version="1.0"?><${operation}Response xmlns="${NAMESPACE}">${result}` +
    `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation}Response>`
  );
}

export function renderError(
  failure: { code: string; message: string; status: number },
  requestId: string,
): string {
  const type = failure.status < 500 ? 'Sender' : 'Receiver';
  return (
    `<?xml version="1.0"?><ErrorResponse xmlns="${NAMESPACE}"><Error><Type>${type}</Type>` +
    `<Code>${escapeXml(failure.code)}</Code><Message>${escapeXml(failure.message)}</Message>` +
    `<Detail/></Error><RequestId>${requestId}</RequestId></ErrorResponse>`
  );
}

function renderMembers(operation: string, output: object): string {
  return Object.entries(output)
    .map(([name, value]) => renderMember(operation, name, value))
    .join('');
}

function renderMember(operation: string, name: string, value: unknown): string {
  const list = name === 'Successful' ? `${operation}ResultEntry` : ELEMENT_NAMES[name];
  if (list && Array.isArray(value)) {
    return value.map((item) => element(list, renderValue(operation, item))).join('');
  }
  const map = MAP_NAMES[name];
  if (map) {
    return Object.entries(Object(value))
      .map(([key, one]) =>
        element(
          map,
          element('Name', escapeXml(key)) + element('Value', renderValue(operation, one)),
        ),
      )
      .join('');
  }
  return element(name, renderValue(operation, value));
}

function renderValue(operation: string, value: unknown): string {
  return typeof value === 'object' && value !== null
    ? renderMembers(operation, value)
    : escapeXml(String(value));
}

function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

/** Escapes carriage returns, too: a parser turns a bare one into a line feed, and the digest would not match. */
function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;');
}
