import { once } from 'node:events';
import type { Server } from 'node:http';

export interface Listening {
  url: string;
  /** Accepts nothing new; resolves after the answers under way have gone out. */
  close(): Promise<void>;
  /** Cuts all connections, so that `close` ends at once. */
  cut(): void;
}

/** Listens on 127.0.0.1 only. Rejects with EADDRINUSE if the port is taken. */
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
