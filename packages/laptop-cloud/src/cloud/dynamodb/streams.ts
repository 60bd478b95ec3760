import { Readable } from 'node:stream';
import type { Level } from './dynalite.ts';

/**
 * dynalite's own streams never close their iterators. Each query left one open, and with it a snapshot:
 * memory that is not given back, and old states that LevelDB may not let go of.
 */
export function closeStreams(db: Level): void {
  db.createKeyStream = (range) => Readable.from(db.keys(range ?? {}));
  db.createValueStream = (range) => Readable.from(db.values(range ?? {}));
}
