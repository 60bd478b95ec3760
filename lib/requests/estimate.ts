import type { Analyses } from '../analysis/record-store.ts';
import type { Analyzer } from '../analyzers/analyzer.ts';
import type { FindAnalyzer } from '../analyzers/own-store.ts';
import { capOf, toMicroUsd, toUsd } from '../budget/budget.ts';
import type { BudgetDeps } from '../budget/reservation.ts';
import { priceCall } from '../gemini/price.ts';
import { prepareQuestion } from '../work/ask-model.ts';
import { checkMedium } from '../work/choose-by-medium.ts';
import { chooseAnalyzer } from './choose-analyzer.ts';
import { describeSubject, type EstimateRequest, type Subject } from './estimate-subject.ts';

export interface EstimateDeps extends Omit<BudgetDeps, 'now'> {
  analyses: Pick<Analyses, 'read'>;
  findAnalyzer: FindAnalyzer;
  /** In order: the first is asked first. */
  models: readonly string[];
}

/**
 * What an analysis would cost, without asking a model.
 * @throws ServiceError `request_invalid`, `analysis_not_found`, `type_unsupported`
 */
export async function estimateCost(deps: EstimateDeps, clientId: string, asked: EstimateRequest) {
  const subject = await describeSubject(deps.analyses, clientId, asked);
  const { medium, measures, clip } = subject;
  const { analyzer, options } = await findChosen(deps.findAnalyzer, clientId, subject);
  const { request } = prepareQuestion(analyzer, { ...subject, options, source: measures }, medium);
  const { maxOutputTokens } = request;
  const model = (request.models ?? deps.models)[0] ?? '';
  const media = { clip, measures: { ...measures, medium } };
  const { mediaTokens, inputTokens, inputUsd, mostUsd } = priceCall(model, { ...request, media });
  const mostMicroUsd = toMicroUsd(mostUsd);
  const { budget } = await deps.settings.read(clientId);
  const { name, version } = analyzer;
  return {
    analyzer: { name, version },
    model,
    inputTokens,
    mediaTokens,
    maxOutputTokens,
    inputUsd,
    maxUsd: toUsd(mostMicroUsd),
    ...describeCap(capOf(deps.budget, budget), mostMicroUsd),
  };
}

async function findChosen(
  findAnalyzer: FindAnalyzer,
  clientId: string,
  subject: Subject,
): Promise<{ analyzer: Analyzer; options: string | undefined }> {
  const { mediaType, medium, analyzer: named, options: given } = subject;
  const wish = { analyzer: named, options: given, contentType: mediaType };
  const chosen = await chooseAnalyzer(findAnalyzer, clientId, wish, 'body');
  const { name, version } = chosen.analyzer;
  const analyzer = await findAnalyzer(clientId, { name, version });
  if (!analyzer) throw new Error('An analyzer that was there is gone');
  checkMedium(analyzer, medium, subject);
  return { analyzer, options: chosen.options };
}

function describeCap(cap: number | undefined, mostMicroUsd: number) {
  return cap === undefined
    ? { limitUsd: null, allowed: true }
    : { limitUsd: toUsd(cap), allowed: mostMicroUsd <= cap };
}
