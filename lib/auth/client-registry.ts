import * as z from 'zod/mini';
import { type Table, unlessRefused } from '../aws/table.ts';
import { authSettings, type ClientSettings, clientSettings } from './client-settings.ts';
import { hashKey, SCOPES, type Scope } from './key-store.ts';

/** Live keys of a client: one, and the next while it is rotated. */
export const MAX_KEYS = 2;

const listedKey = z.object({
  keyId: z.string(),
  hash: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  createdAt: z.string(),
});
export type ListedKey = z.output<typeof listedKey>;

const client = z.object({ clientId: z.string(), keys: z._default(z.array(listedKey), []) });
export type Client = z.output<typeof client> & { settings: ClientSettings };

function parseClient(item: unknown): Client {
  return { ...client.parse(item), settings: clientSettings.parse(item) };
}

interface NewKey {
  clientId: string;
  key: string;
  keyId: string;
  scopes: readonly Scope[];
}

export type Changes = { [Name in keyof ClientSettings]?: ClientSettings[Name] | undefined };

/** Who has which keys and settings: for operators' commands, no function writes here. */
export function createClientRegistry(table: Table, TableName: string) {
  const keyOf = (clientId: string) => ({ TableName, Key: { pk: `client#${clientId}` } });

  async function read(clientId: string): Promise<Client | undefined> {
    const { Item } = await table.get({ ...keyOf(clientId), ConsistentRead: true });
    return Item && parseClient(Item);
  }

  /** Settings are stored with the key, so that authentication reads one item. */
  async function putKey({ keyId, hash, scopes }: ListedKey, { clientId, settings }: Client) {
    const own = { clientId, keyId, scopes, settings: authSettings.parse(settings) };
    const Item = { pk: `client-key#${hash}`, ...own };
    await table.put({ TableName, Item });
  }

  /** Only where the key is still there: it may be revoked at this moment. */
  async function updateKeySettings(hash: string, settings: ClientSettings): Promise<void> {
    const update = {
      TableName,
      Key: { pk: `client-key#${hash}` },
      UpdateExpression: 'SET settings = :settings',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':settings': authSettings.parse(settings) },
    };
    await unlessRefused(table.update(update));
  }

  return {
    read,

    async list(): Promise<Client[]> {
      const clients: Client[] = [];
      const scan = {
        TableName,
        FilterExpression: 'begins_with(pk, :client)',
        ExpressionAttributeValues: { ':client': 'client#' },
      };
      for await (const item of table.scan(scan)) clients.push(parseClient(item));
      return clients;
    },

    /** False where the client has as many keys as it may. */
    async addKey({ clientId, key, keyId, scopes }: NewKey): Promise<boolean> {
      const createdAt = new Date().toISOString();
      const listed = { keyId, hash: hashKey(key), scopes: [...scopes], createdAt };
      const update = {
        ...keyOf(clientId),
        UpdateExpression:
          'SET clientId = :id, lastKey = :keyId, #keys = list_append(if_not_exists(#keys, :none), :new)',
        ConditionExpression: `(attribute_not_exists(#keys) OR size(#keys) < :max)
          AND (attribute_not_exists(lastKey) OR lastKey <> :keyId)`,
        ExpressionAttributeNames: { '#keys': 'keys' },
        ExpressionAttributeValues: {
          ':id': clientId,
          ':none': [],
          ':new': [listed],
          ':keyId': keyId,
          ':max': MAX_KEYS,
        },
      };
      if (!(await table.updateOnce(update, (item) => item?.lastKey === keyId))) return false;
      const owner = await read(clientId);
      if (owner) await putKey(listed, owner);
      return true;
    },

    /** Removes the key first, so that it stops working at once, then its entry in the client's list. */
    async removeKey(clientId: string, { keyId, hash }: ListedKey): Promise<void> {
      await table.delete({ TableName, Key: { pk: `client-key#${hash}` } });
      const index = (await read(clientId))?.keys.findIndex((key) => key.keyId === keyId) ?? -1;
      if (index < 0) return;
      const update = {
        ...keyOf(clientId),
        UpdateExpression: `REMOVE #keys[${index}]`,
        ConditionExpression: `#keys[${index}].keyId = :keyId`,
        ExpressionAttributeNames: { '#keys': 'keys' },
        ExpressionAttributeValues: { ':keyId': keyId },
      };
      const isGone = await table.updateOnce(update, (item) =>
        Boolean(item && parseClient(item).keys.every((key) => key.keyId !== keyId)),
      );
      if (!isGone) throw new Error('The keys of this client are changed by another call.');
    },

    /** The client itself; its keys have to be removed before. */
    async forget(clientId: string): Promise<void> {
      await table.delete(keyOf(clientId));
    },

    /** Sets what is given; what is given as undefined is the stage's to say again. Makes a client that is new. */
    async decide(clientId: string, changes: Changes): Promise<Client> {
      const { Attributes } = await table.update({
        ...keyOf(clientId),
        ...describeChanges(clientId, changes),
      });
      const decided = parseClient(Attributes);
      for (const { hash } of decided.keys) await updateKeySettings(hash, decided.settings);
      return decided;
    },
  };
}

function describeChanges(clientId: string, changes: Changes) {
  const entries = Object.entries({ ...changes, clientId });
  const set = entries.filter(([, value]) => value !== undefined);
  const removed = entries.filter(([, value]) => value === undefined);
  const removal = removed.length > 0 ? ` REMOVE ${removed.map(([name]) => `#${name}`)}` : '';
  return {
    UpdateExpression: `SET ${set.map(([name]) => `#${name} = :${name}`)}${removal}`,
    ExpressionAttributeNames: Object.fromEntries(entries.map(([name]) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(set.map(([name, value]) => [`:${name}`, value])),
    ReturnValues: 'ALL_NEW' as const,
  };
}
