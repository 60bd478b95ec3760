import { once } from 'node:events';
import type { Server } from 'node:http';

export interface Listening {
  url: string;
  /** Takes nothing new; answers that are under way go out first. */
  close(): Promise<void>;
  /** Cuts all connections: `close` then ends at once. */
  cut(): void;
}

/** Binds to 127.0.0.1 and nothing else. Rejects with EADDRINUSE where the port is taken. */
export async function listen(server: Server, port: number): Promise<Listening> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Not listening on TCP');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      await closed;
    },
    cut: () => server.closeAllConnections(),
  };
}
