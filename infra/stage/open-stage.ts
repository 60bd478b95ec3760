import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import { connectTable } from '../../lib/aws/connections.ts';
import type { Table } from '../../lib/aws/table.ts';
import { readConnection } from '../../lib/aws/wire/sign.ts';
import { readSettings } from '../../local/settings.ts';
import { readOutputs, type Stage } from './outputs.ts';

/** The laptop's own, for commands that take it like any other. */
export const LOCAL_STAGE = 'local';

const localInfo = z.object({
  apiUrl: z.string(),
  awsEndpoint: z.string(),
  region: z.string(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  apiKey: z.string(),
});

export interface OpenStage {
  stage: string;
  apiUrl: string;
  tableName: string;
  table: Table;
  /** The secret of which signing secrets are made. */
  readDoorSecret(): Promise<string>;
}

/** The running stack on this machine. Throws an error that says what to do where there is none. */
export function readLocal() {
  const file = join(readSettings(process.env).dataDir, 'local.json');
  if (!existsSync(file)) throw new Error(`There is no ${file}: npm start first, or name a --stage`);
  return localInfo.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** A deployed stage by its outputs, the laptop's by its `local.json`. */
export async function openStage({ stage, region }: Stage): Promise<OpenStage> {
  if (stage === LOCAL_STAGE) {
    const { apiUrl, awsEndpoint: endpoint, region, ...credentials } = readLocal();
    const connection = { region, endpoint, credentials };
    return { stage, apiUrl, tableName: `sightline-${stage}`, ...connect(stage, connection) };
  }
  const { ApiUrl, TableName } = await readOutputs({ stage, region });
  return { stage, apiUrl: ApiUrl, tableName: TableName, ...connect(stage, { region }) };
}

interface Place {
  region: string;
  endpoint?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

function connect(stage: string, place: Place) {
  const secrets = new SecretsManagerClient(place);
  // Found by the SDK, in profiles and elsewhere.
  const credentials = () => secrets.config.credentials();
  return {
    table: connectTable({ ...readConnection('dynamodb'), ...place, credentials }),
    async readDoorSecret() {
      const command = new GetSecretValueCommand({ SecretId: `sightline/${stage}/door` });
      return (await secrets.send(command)).SecretString ?? '';
    },
  };
}
