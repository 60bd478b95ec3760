import type { MediumName } from '../analysis.ts';
import type { Analyzer } from '../analyzers/analyzer.ts';
import { DEFAULT_ANALYZERS } from '../analyzers/defaults.ts';
import { ServiceError } from '../errors.ts';
import type { FindAnalyzer } from './find-analyzer.ts';
import type { Held } from './settle.ts';

/** In the words of an error. */
const WORDS: Record<MediumName, string> = {
  image: 'pictures',
  video: 'videos',
  document: 'documents',
  audio: 'sound',
};

/**
 * The analyzer that looks at the file, now that its kind is known, and the record that names it.
 * @throws ServiceError `type_unsupported` where the one that was chosen does not take such files
 */
export async function chooseByMedium(
  findAnalyzer: FindAnalyzer,
  { record, lease }: Pick<Held, 'record' | 'lease'>,
  medium: MediumName,
): Promise<{ record: Held['record']; analyzer: Analyzer }> {
  const reference = record.byMedium ? { name: DEFAULT_ANALYZERS[medium] } : record.analyzer;
  const analyzer = await findAnalyzer(record.clientId, reference);
  if (!analyzer) throw new ServiceError('internal', 'The analyzer is not known here.');
  const { name, version, media } = analyzer;
  if (record.clip && medium !== 'video' && medium !== 'audio')
    throw new ServiceError('request_invalid', 'Only videos and sound have a part by seconds.');
  if (!media.includes(medium)) {
    const taken = media.map((one) => WORDS[one]).join(', ');
    const message = `The analyzer ${name} takes ${taken}, and this file is none of them.`;
    throw new ServiceError('type_unsupported', message);
  }
  if (!record.byMedium || record.analyzer.name === name) return { record, analyzer };
  const changed = { analyzer: { name, version } };
  lease.note(changed);
  return { record: { ...record, ...changed }, analyzer };
}
