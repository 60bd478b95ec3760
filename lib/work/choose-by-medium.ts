import type { AnalysisRecord } from '../analysis/record.ts';
import type { MediumName } from '../analysis/source.ts';
import type { Analyzer } from '../analyzers/analyzer.ts';
import type { FindAnalyzer } from '../analyzers/own-store.ts';
import { DEFAULT_ANALYZERS } from '../analyzers/registry.ts';
import { ServiceError } from '../errors.ts';
import type { HeldAnalysis } from './settle.ts';

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
  { record, lease }: Pick<HeldAnalysis, 'record' | 'lease'>,
  medium: MediumName,
): Promise<{ record: HeldAnalysis['record']; analyzer: Analyzer }> {
  const usual = DEFAULT_ANALYZERS[medium];
  // Where the guess was right, the version of the day of the announcement holds, whatever came since.
  const reference =
    record.byMedium && record.analyzer.name !== usual ? { name: usual } : record.analyzer;
  const analyzer = await findAnalyzer(record.clientId, reference);
  if (!analyzer) throw new ServiceError('internal', 'The analyzer is not known here.');
  checkMedium(analyzer, medium, record);
  const { name, version } = analyzer;
  if (!record.byMedium || record.analyzer.name === name) return { record, analyzer };
  const changed = { analyzer: { name, version } };
  lease.note(changed);
  return { record: { ...record, ...changed }, analyzer };
}

/** @throws ServiceError `type_unsupported`, `request_invalid` (a part that such files do not have) */
export function checkMedium(
  { name, media }: Analyzer,
  medium: MediumName,
  { clip, pages }: Pick<AnalysisRecord, 'clip' | 'pages'>,
): void {
  if (clip && medium !== 'video' && medium !== 'audio')
    throw new ServiceError('request_invalid', 'Only videos and sound have a part by seconds.');
  if (pages && medium !== 'document')
    throw new ServiceError('request_invalid', 'Only documents are looked at by pages.');
  if (media.includes(medium)) return;
  const taken = media.map((one) => WORDS[one]).join(', ');
  const message = `The analyzer ${name} takes ${taken}, and this file is none of them.`;
  throw new ServiceError('type_unsupported', message);
}
