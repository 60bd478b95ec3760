import type { Client } from '../../lib/auth/client-registry.ts';

/** Clients for an operator's eyes: a line for each key, the settings beneath. */
export function describeClients(clients: Client[]): string {
  if (clients.length === 0) return 'no clients';
  return clients.map(describeClient).join('\n');
}

function describeClient({ clientId, keys, settings }: Client): string {
  const lines = keys.map(
    ({ keyId, createdAt, scopes }) => `  ${keyId}  ${createdAt}  ${scopes.join(',')}`,
  );
  const decided = Object.keys(settings).length > 0 ? [`  ${JSON.stringify(settings)}`] : [];
  return [clientId, ...(lines.length > 0 ? lines : ['  no key']), ...decided].join('\n');
}
