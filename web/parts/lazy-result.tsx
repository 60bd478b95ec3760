import type { Analysis } from '@sightline/client';
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

export interface ResultProps {
  analysis: Analysis;
  /** Shows the file, where this page has it. */
  url?: string | undefined;
}

/** A result, whose code is loaded when the first one is wanted. */
export function LazyResult(props: ResultProps) {
  const [Result, setResult] = useState<ComponentType<ResultProps>>();
  useEffect(() => {
    import('./result.tsx').then((module) => setResult(() => module.Result)).catch(() => {});
  }, []);
  return Result ? <Result {...props} /> : null;
}
