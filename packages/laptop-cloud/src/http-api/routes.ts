export interface Route {
  /** As in the template: `GET /notes/{id}`, `ANY /x`, `$default`. */
  routeKey: string;
  functionName: string;
}

export interface RouteMatch {
  route: Route;
  /** Decoded; undefined where the route has none. */
  pathParameters: Record<string, string> | undefined;
}

/**
 * The most specific route for a request, as API Gateway picks it: method over ANY, fixed segments
 * over `{parameters}` over `{greedy+}`, `$default` last. Exact otherwise: a closing slash is another path.
 */
export function matchRoute(routes: Route[], method: string, path: string): RouteMatch | undefined {
  const matches = routes.flatMap((route) => {
    const [wanted = '', pattern = ''] = route.routeKey.split(' ');
    if (wanted === '$default') return [{ route, pathParameters: undefined, rank: '' }];
    const parameters = matchPath(pattern, path);
    if (!parameters || (wanted !== method && wanted !== 'ANY')) return [];
    const pathParameters = Object.keys(parameters).length > 0 ? parameters : undefined;
    return [{ route, pathParameters, rank: `1${rankPath(pattern)}${wanted === 'ANY' ? 0 : 1}` }];
  });
  return matches.toSorted((a, b) => (a.rank < b.rank ? 1 : -1))[0];
}

/** Sorts specific paths after general ones, segment by segment. */
function rankPath(pattern: string): string {
  const rank = (segment: string) => {
    if (segment.endsWith('+}')) return '0';
    return segment.startsWith('{') ? '1' : '2';
  };
  return pattern.split('/').map(rank).join('');
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  const parameters: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const name = /^\{(\w+)(\+?)\}$/.exec(segment);
    const greedy = name?.[2] === '+';
    const value = greedy ? given.slice(index).join('/') : given[index];
    if (name?.[1] && value) parameters[name[1]] = decode(value);
    else if (value !== segment) return undefined;
    if (greedy) return parameters;
  }
  return wanted.length === given.length ? parameters : undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone %: the function decides
  }
}
