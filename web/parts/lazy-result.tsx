import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ResultProps } from './result.tsx';

/** A result, whose code is loaded when the first one is wanted. */
export function LazyResult(props: ResultProps) {
  const [Result, setResult] = useState<ComponentType<ResultProps>>();
  useEffect(() => {
    import('./result.tsx').then((module) => setResult(() => module.Result)).catch(() => {});
  }, []);
  return Result ? <Result {...props} /> : null;
}
