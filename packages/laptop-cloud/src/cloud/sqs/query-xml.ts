const NAMESPACE = 'http://queue.amazonaws.com/doc/2012-11-05/';

// JSON's plural members and the flattened elements that they are in XML.
const LISTS: Record<string, string> = {
  QueueUrls: 'QueueUrl',
  queueUrls: 'QueueUrl',
  Messages: 'Message',
  Failed: 'BatchResultErrorEntry',
};
const MAPS: Record<string, string> = {
  Attributes: 'Attribute',
  MessageAttributes: 'MessageAttribute',
};

/** An operation's output as the Query protocol answers it. */
export function renderResult(operation: string, output: object, requestId: string): string {
  const members = renderMembers(operation, output);
  // Always there: botocore looks the element up even where the answer is empty.
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
  const list = name === 'Successful' ? `${operation}ResultEntry` : LISTS[name];
  if (list && Array.isArray(value)) {
    return value.map((item) => element(list, renderValue(operation, item))).join('');
  }
  const map = MAPS[name];
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

/** A parser turns a bare carriage return into a line feed, and the body's digest would not match. */
function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;');
}
