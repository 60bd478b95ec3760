/** Longer than any answer may take: the HTTP API gives up after 30 s. */
const CALL_TIMEOUT_MS = 35_000;

export interface Target {
  apiUrl: string;
  apiKey: string;
}

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a check reads whatever was answered
  body: any;
}

export type Call = (method: string, path: string, body?: object) => Promise<Answer>;

export function createCall({ apiUrl, apiKey }: Target): Call {
  return async (method, path, body) => {
    const response = await fetch(`${apiUrl.replace(/\/+$/, '')}${path}`, {
      method,
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    return { status: response.status, body: parseJson(text) };
  };
}

/** A gateway in between may answer with something else. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
