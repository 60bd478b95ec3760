import type { JsonObject } from './components.ts';
import { type JsonSchema, printType } from './print-type.ts';

interface Media {
  schema: JsonSchema;
  example?: unknown;
}
interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  parameters?: {
    name: string;
    in: string;
    required?: boolean;
    description?: string;
    schema: JsonSchema;
  }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { description: string; content?: Record<string, Media> }>;
}
interface Document {
  info: { title: string; summary: string; description: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, JsonSchema> };
}

/** web/reference.html: the description of the API for people. No script, and nothing from elsewhere. */
export function writeReference(document: JsonObject): string {
  const { info, paths, components } = document as unknown as Document; // as build-document.ts writes it
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  );
  const contents = operations.map(
    ({ route, operation }) =>
      `<li><a href="#${operation.operationId}">${escapeHtml(route)}</a></li>`,
  );
  const types = Object.entries(components.schemas).map(
    ([name, schema]) => `<h3 id="${name}">${name}</h3>${writeCode(printType(schema))}`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(info.title)}: the API</title>
<link rel="icon" href="icon.svg">
<link rel="stylesheet" href="reference.css">
</head>
<body>
<main>
<h1>${escapeHtml(info.title)}: the API</h1>
<p>${escapeHtml(info.summary)} As OpenAPI 3.1: <a href="/openapi.json">openapi.json</a>.</p>
<p>${writeWords(info.description)}</p>
<ul class="contents">${contents.join('')}</ul>
${operations.map(({ route, operation }) => writeOperation(route, operation)).join('\n')}
<h2>Types</h2>
${types.join('\n')}
</main>
</body>
</html>
`;
}

function writeOperation(route: string, operation: Operation): string {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  const rows = parameters.map(
    ({ name, in: place, required, schema, description: words = '' }) =>
      `<tr><td><code>${escapeHtml(name)}</code>${required ? '' : '?'}</td><td>${place}</td><td><code>${escapeHtml(printType(schema))}</code></td><td>${writeWords([words, describeBounds(schema)].filter(Boolean).join(' '))}</td></tr>`,
  );
  const bodies = Object.entries(requestBody?.content ?? {}).map(
    ([type, { schema, example }]) =>
      `<h3>Body: <code>${type}</code></h3>${writeCode(printType(schema))}${example ? `<p>Such as</p>${writeCode(JSON.stringify(example, null, 2))}` : ''}`,
  );
  const answers = Object.entries(responses).map(([status, answer]) => {
    const types = Object.values(answer.content ?? {}).map(({ schema }) => printType(schema));
    const shown = types.map((type) => (type.includes('\n') ? writeCode(type) : writeName(type)));
    return `<tr><td>${status}</td><td>${shown.join(' or ')}</td><td>${writeList(answer.description)}</td></tr>`;
  });
  return `<section id="${operationId}">
<h2><code>${escapeHtml(route)}</code></h2>
<p><strong>${escapeHtml(summary)}.</strong> ${writeWords(description ?? '')}</p>
${rows.length > 0 ? `<table><tr><th>parameter</th><th>in</th><th>type</th><th></th></tr>${rows.join('')}</table>` : ''}
${bodies.join('')}
<table><tr><th>status</th><th>body</th><th></th></tr>${answers.join('')}</table>
</section>`;
}

function describeBounds(schema: JsonSchema): string {
  const { default: standard, minimum, maximum } = schema;
  return [
    minimum === undefined ? '' : `From ${minimum}`,
    maximum === undefined ? '' : `to ${maximum}.`,
    standard === undefined ? '' : `Left out: ${JSON.stringify(standard)}.`,
  ]
    .filter(Boolean)
    .join(' ');
}

function writeName(type: string): string {
  return /^[A-Z]\w+$/.test(type)
    ? `<a href="#${type}">${type}</a>`
    : `<code>${escapeHtml(type)}</code>`;
}

/** Lines that begin with a dash are a list. */
function writeList(text: string): string {
  const lines = text.split('\n');
  const items = lines.filter((line) => line.startsWith('- '));
  const words = lines.filter((line) => !line.startsWith('- ')).join(' ');
  const list = items.map((line) => `<li>${writeWords(line.slice(2))}</li>`).join('');
  return `${writeWords(words)}${list ? `<ul>${list}</ul>` : ''}`;
}

function writeWords(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

function writeCode(text: string): string {
  return `<pre><code>${escapeHtml(text)}</code></pre>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
