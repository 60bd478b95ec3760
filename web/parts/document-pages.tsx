import { TEXTS } from '../texts.ts';
import { CopyButton } from './copy-button.tsx';
import { SectionTitle } from './section-title.tsx';
import { Words } from './words.tsx';

/** Pages that are open from the start. */
const OPEN_PAGES = 3;

/** A document's pages with their text, its tables and its fields. */
export function DocumentPages({ result }: { result: Record<string, unknown> }) {
  const pages = listOf(result.pages);
  const fields = listOf(result.fields);
  return (
    <>
      {fields.length > 0 && (
        <section aria-label={TEXTS.document.fields}>
          <SectionTitle>{TEXTS.document.fields}</SectionTitle>
          <dl class="facts">
            {fields.map(({ page, name, value }, index) => (
              <div key={`${name}${index}`}>
                <dt>
                  <bdi>
                    <Words text={String(name)} />
                  </bdi>
                </dt>
                <dd dir="auto">
                  <Words text={String(value)} />{' '}
                  <span class="quiet">{TEXTS.document.onPage(Number(page))}</span>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {listOf(result.tables).map((table, index) => (
        <Table key={`${table.page}-${index}`} table={table} />
      ))}
      {pages.length > 0 && (
        <section class="pages" aria-label={TEXTS.document.pages}>
          <SectionTitle>{TEXTS.document.pages}</SectionTitle>
          {pages.map(({ page, text }, index) => (
            <details key={String(page)} open={index < OPEN_PAGES}>
              <summary>{TEXTS.document.page(Number(page))}</summary>
              <p dir="auto">
                <Words text={String(text)} />
              </p>
              <CopyButton text={String(text)} />
            </details>
          ))}
        </section>
      )}
    </>
  );
}

function Table({ table }: { table: Record<string, unknown> }) {
  const { page, title, columns, rows } = table;
  const heads = Array.isArray(columns) ? columns : [];
  const lines = Array.isArray(rows) ? rows.filter(Array.isArray) : [];
  const name = String(title || TEXTS.document.table);
  return (
    <section class="scroller" aria-label={name}>
      <table>
        <caption>
          <bdi>
            <Words text={name} />
          </bdi>{' '}
          <span class="quiet">{TEXTS.document.onPage(Number(page))}</span>
        </caption>
        {heads.length > 0 && (
          <thead>
            <tr>
              {heads.map((head, index) => (
                <th key={`${head}${index}`} scope="col" dir="auto">
                  <Words text={String(head)} />
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {lines.map((cells, row) => (
            <tr key={`${row}-${cells.length}`}>
              {cells.map((cell, index) => (
                <td key={`${row}-${index}`} dir="auto">
                  <Words text={String(cell)} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function listOf(value: unknown): Record<string, unknown>[] {
  if (!Array.isArray(value)) return [];
  return value.filter((one) => typeof one === 'object' && one !== null);
}
