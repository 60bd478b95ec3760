import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { AwsService } from '../src/cloud/aws-service.ts';

export interface ServedService {
  endpoint: string;
  close(): Promise<void>;
}

export const SDK_OPTIONS = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'unchecked' },
  maxAttempts: 1,
};

/** One service on a port of its own; nothing checks signatures here. */
export async function serveService(service: AwsService): Promise<ServedService> {
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    await service.handle({ method, url, headers, body: await buffer(request) }, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
