import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import {
  GetSecretValueCommand,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
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
  table: DynamoDBDocumentClient;
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

function connect(stage: string, connection: DynamoDBClientConfig & SecretsManagerClientConfig) {
  const marshallOptions = { removeUndefinedValues: true };
  return {
    table: DynamoDBDocumentClient.from(new DynamoDBClient(connection), { marshallOptions }),
    async readDoorSecret() {
      const command = new GetSecretValueCommand({ SecretId: `sightline/${stage}/door` });
      return (await new SecretsManagerClient(connection).send(command)).SecretString ?? '';
    },
  };
}
