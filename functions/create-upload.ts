import { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { createAnalyses } from '../lib/aws/analyses.ts';
import { createClients } from '../lib/aws/clients.ts';
import { awsDefaults, connectTable } from '../lib/aws/connections.ts';
import { createUploads } from '../lib/aws/uploads.ts';
import { readConfig } from '../lib/config.ts';
import { createHttpHandler, type Route } from '../lib/http.ts';
import { announceUpload, type UploadDeps, uploadRequest } from '../lib/upload.ts';

const input = z.object({ body: uploadRequest });

export function createHandler(deps: UploadDeps & Pick<Route<typeof input>, 'clients'>) {
  return createHttpHandler({
    ...deps,
    json: true,
    input,
    handle: async ({ input: { body }, clientId }) => ({
      status: 201,
      body: await announceUpload(deps, clientId, body),
    }),
  });
}

const config = readConfig(['TABLE_NAME', 'UPLOAD_BUCKET', 'MAX_PICTURE_BYTES']);
const table = connectTable();
export const handler = createHandler({
  clients: createClients(table, config.TABLE_NAME),
  analyses: createAnalyses(table, config.TABLE_NAME),
  uploads: createUploads(new S3Client(awsDefaults), config.UPLOAD_BUCKET),
  maxBytes: config.MAX_PICTURE_BYTES,
  now: Date.now,
});
