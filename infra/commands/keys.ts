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
  remove                                 the client with all keys and settings`;
const NAME = /^[\w.@-]{1,64}$/;

type Values = ReturnType<typeof parseOptions>['values'];

const commands: Record<string, (keys: ClientKeys, name: string, values: Values) => Promise<void>> =
  {
    create: async (keys, name, { scopes }) =>
      tell(await keys.create(name, scopes ? readScopes(scopes) : undefined)),
    rotate: async (keys, name) => tell(await keys.rotate(name)),
    revoke: async (keys, name, { key }) => console.log(`revoked ${await keys.revoke(name, key)}`),
    'signing-secret': async (keys, name, { key }) =>
      console.log(await keys.readSigningSecret(name, key)),
    list: async (keys, name) => console.log(describeClients([await keys.require(name)])),
    set: async (keys, name, values) => {
      const known = await keys.find(name);
      const decided = await keys.decide(name, readChanges(known?.settings ?? {}, values));
      console.log(describeClients([decided]));
    },
    remove: async (keys, name) => {
      await keys.remove(name);
      console.log(`removed ${name}`);
    },
  };

await runCommand(async () => {
  const { values, positionals } = parseOptions();
  const command = commands[positionals.join()];
  const { client } = values;
  const isForAll = positionals.join() === 'list' && client === undefined;
  if (!command || (!isForAll && !NAME.test(client ?? ''))) throw new Error(USAGE);
  const keys = createClientKeys(await openStage(parseStage(values)));
  if (client) await command(keys, client, values);
  else console.log(describeClients(await keys.list()));
});

function parseOptions() {
  const own = { client: { type: 'string' }, key: { type: 'string' } } as const;
  const more = { scopes: { type: 'string' }, ...settingOptions } as const;
  const stage = { type: 'string', default: LOCAL_STAGE } as const;
  const options = { ...stageOptions, stage, ...own, ...more };
  return parseArgs({ options, allowPositionals: true });
}

/** The key alone on stdout, for a pipe into a secret's store. */
function tell({ key, keyId, scopes }: MadeKey): void {
  console.log(key);
  console.error(`${keyId}, good for ${scopes.join(', ')}; the key is not shown again`);
}
