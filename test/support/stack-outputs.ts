import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

/** A CloudFormation that knows one stack, by its outputs. */
export async function serveOutputs(stackName: string, outputs: Record<string, string>) {
  const server = createServer(async (request, response) => {
    const asked = new URLSearchParams(await text(request));
    const known = asked.get('StackName') === stackName;
    response.writeHead(known ? 200 : 400, { 'content-type': 'text/xml' });
    response.end(known ? describeStack(stackName, outputs) : REFUSAL);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

const NAMESPACE = 'xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"';
const REFUSAL = `<ErrorResponse ${NAMESPACE}><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack does not exist</Message></Error><RequestId>1</RequestId></ErrorResponse>`;

function describeStack(name: string, outputs: Record<string, string>): string {
  const members = Object.entries(outputs).map(([key, value]) => {
    const fields = `<OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue>`;
    return `<member>${fields}</member>`;
  });
  const stack = `<StackName>${name}</StackName><CreationTime>2026-11-22T12:00:00Z</CreationTime><StackStatus>UPDATE_COMPLETE</StackStatus><Outputs>${members.join('')}</Outputs>`;
  return `<DescribeStacksResponse ${NAMESPACE}><DescribeStacksResult><Stacks><member>${stack}</member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
}
