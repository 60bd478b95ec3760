import { randomBytes } from 'node:crypto';
import {
  type Client,
  createClientRegistry,
  type ListedKey,
  MAX_KEYS,
} from '../../lib/auth/client-registry.ts';
import { deriveEdgeSecret } from '../../lib/auth/edge.ts';
import type { Scope } from '../../lib/auth/key-store.ts';
import { deriveSigningSecret } from '../../lib/auth/signature.ts';
import type { OpenStage } from './open-stage.ts';

/** What a new key may do where nothing else is said: all that an app needs. */
export const USUAL_SCOPES: readonly Scope[] = ['upload', 'read', 'delete'];

export interface MadeKey {
  /** Exists in clear only here, once. */
  key: string;
  keyId: string;
  scopes: readonly Scope[];
}

export type ClientKeys = ReturnType<typeof createClientKeys>;

/** Clients' keys in a stage's table. */
export function createClientKeys(opened: Omit<OpenStage, 'apiUrl'>) {
  const { stage, table, tableName, readDoorSecret } = opened;
  const registry = createClientRegistry(table, tableName);

  async function require(clientId: string): Promise<Client> {
    const client = await registry.read(clientId);
    if (client) return client;
    throw new Error(`There is no client ${clientId} in ${stage}`);
  }

  async function create(clientId: string, scopes = USUAL_SCOPES): Promise<MadeKey> {
    const key = `sk_${stage}_${randomBytes(24).toString('base64url')}`;
    const keyId = `key_${randomBytes(6).toString('hex')}`;
    if (await registry.addKey({ clientId, key, keyId, scopes })) return { key, keyId, scopes };
    throw new Error(`${clientId} has ${MAX_KEYS} keys already: revoke one first`);
  }

  return {
    create,
    require,
    find: registry.read,
    list: registry.list,
    decide: registry.decide,

    /** A key as good as the newest one, which goes on to work until it is revoked. */
    async rotate(clientId: string): Promise<MadeKey> {
      const newest = (await require(clientId)).keys.at(-1);
      if (!newest) throw new Error(`${clientId} has no key to rotate: create one`);
      return create(clientId, newest.scopes);
    },

    /** The named key, or the only one. Returns its id. */
    async revoke(clientId: string, keyId?: string): Promise<string> {
      const key = pickKey(await require(clientId), keyId);
      await registry.removeKey(clientId, key);
      return key.keyId;
    },

    /** What the named key, or the only one, signs requests with. */
    async readSigningSecret(clientId: string, keyId?: string): Promise<string> {
      const key = pickKey(await require(clientId), keyId);
      return deriveSigningSecret(await readDoorSecret(), key.keyId);
    },

    /** What an edge in front of the API adds to each request. */
    readEdgeSecret: async () => deriveEdgeSecret(await readDoorSecret()),

    /** All keys and settings of a client; what it has had analysed stays. */
    async remove(clientId: string): Promise<void> {
      const { keys } = await require(clientId);
      for (const key of keys) await registry.removeKey(clientId, key);
      await registry.forget(clientId);
    },
  };
}

function pickKey({ clientId, keys }: Client, keyId: string | undefined): ListedKey {
  if (!keyId && keys.length > 1)
    throw new Error(`Which? --key ${keys.map((key) => key.keyId).join(' or --key ')}`);
  const key = keyId ? keys.find((each) => each.keyId === keyId) : keys[0];
  if (key) return key;
  throw new Error(keyId ? `${clientId} has no key ${keyId}` : `${clientId} has no key`);
}
