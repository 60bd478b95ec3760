import { parseArgs } from 'node:util';
import { type ClientKeys, createClientKeys, type MadeKey } from '../stage/client-keys.ts';
import { readChanges, readScopes, settingOptions } from '../stage/client-options.ts';
import { describeClients } from '../stage/describe-clients.ts';
import { LOCAL_STAGE, openStage } from '../stage/open-stage.ts';
import { parseStage, runCommand, stageOptions } from '../stage/options.ts';

// `npm run keys -- create --client NAME --stage prod`: clients, their keys and their settings.
// Without --stage: those of the stack that runs on this machine. docs/security.md tells of each.

const USAGE = `usage: npm run keys -- COMMAND --client NAME [--stage STAGE]
  create [--scopes upload,read,delete]   a key, shown this once
  rotate                                 the next key; the last one works until it is revoked
  revoke [--key ID]                      no door opens to it any more
  signing-secret [--key ID]              what it signs requests with, after set --signing on
  list                                   keys and settings, of all clients without --client
  set --OPTION VALUE|default …           ${Object.keys(settingOptions).join(', ')}
  remove                                 the client with all keys and settings
  edge-secret                            x-edge-secret of a CloudFront distribution; without --client`;
const NAME = /^[\w.@-]{1,64}$/;

type Values = ReturnType<typeof parseOptions>['values'];

type Command = (keys: ClientKeys, name: string, values: Values) => Promise<unknown>;

const ofClient = new Map<string | undefined, Command>(
  Object.entries({
    create: async (keys, name, { scopes }) =>
      tell(await keys.create(name, scopes ? readScopes(scopes) : undefined)),
    rotate: async (keys, name) => tell(await keys.rotate(name)),
    revoke: async (keys, name, { key }) => `revoked ${await keys.revoke(name, key)}`,
    'signing-secret': (keys, name, { key }) => keys.readSigningSecret(name, key),
    list: async (keys, name) => describeClients([await keys.require(name)]),
    set: async (keys, name, values) => {
      const known = await keys.find(name);
      const decided = await keys.decide(name, readChanges(known?.settings ?? {}, values));
      return describeClients([decided]);
    },
    remove: async (keys, name) => {
      await keys.remove(name);
      return `removed ${name}`;
    },
  } satisfies Record<string, Command>),
);

const ofAll = new Map<string | undefined, (keys: ClientKeys) => Promise<string>>([
  ['list', async (keys) => describeClients(await keys.list())],
  ['edge-secret', (keys) => keys.readEdgeSecret()],
]);

await runCommand(async () => {
  const { values, positionals } = parseOptions();
  const { client = '' } = values;
  const name = positionals.length === 1 ? positionals[0] : undefined;
  const command = values.client === undefined ? ofAll.get(name) : ofClient.get(name);
  if (!command || !(NAME.test(client) || values.client === undefined)) throw new Error(USAGE);
  const keys = createClientKeys(await openStage(parseStage(values)));
  console.log(await command(keys, client, values));
});

function parseOptions() {
  const own = { client: { type: 'string' }, key: { type: 'string' } } as const;
  const more = { scopes: { type: 'string' }, ...settingOptions } as const;
  const stage = { type: 'string', default: LOCAL_STAGE } as const;
  const options = { ...stageOptions, stage, ...own, ...more };
  return parseArgs({ options, allowPositionals: true });
}

/** The key alone on stdout, for a pipe into a secret's store. */
function tell({ key, keyId, scopes }: MadeKey): string {
  console.error(`${keyId}, good for ${scopes.join(', ')}; the key is not shown again`);
  return key;
}
