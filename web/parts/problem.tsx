import { explainProblem, type PageProblem } from '../problems.ts';
import { TEXTS } from '../texts.ts';

/** What went wrong, in plain words, with what to do; the code and the service's own sentence in small. */
export function ProblemNote({ problem, onRetry }: { problem: PageProblem; onRetry?: () => void }) {
  const { what, action, detail, code, requestId } = explainProblem(problem);
  return (
    <div class="problem" role="alert">
      <p class="what">{what}</p>
      <p>{action}</p>
      <p class="quiet">
        {detail} <code>{code}</code>
        {requestId && (
          <>
            {' '}
            {TEXTS.requestId} <code>{requestId}</code>
          </>
        )}
      </p>
      {onRetry && (
        <button type="button" class="plain" onClick={onRetry}>
          {TEXTS.retry}
        </button>
      )}
    </div>
  );
}
