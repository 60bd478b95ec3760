import type { DocumentTable, Reading } from '../reading.ts';
import { TEXTS } from '../texts.ts';
import { CopyButton } from './copy-button.tsx';
import { SectionTitle } from './section-title.tsx';
import { Words } from './words.tsx';

/** Pages that are open from the start. */
const OPEN_PAGES = 3;

/** A document's pages with their text, its tables and its fields. */
export function DocumentPages({
  fields,
  tables,
  pages,
}: Pick<Reading, 'fields' | 'tables' | 'pages'>) {
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
                    <Words text={name} />
                  </bdi>
                </dt>
                <dd dir="auto">
                  <Words text={value} /> <span class="quiet">{TEXTS.document.onPage(page)}</span>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {tables.map((table, index) => (
        <Table key={`${table.page}-${index}`} table={table} />
      ))}
      {pages.length > 0 && (
        <section class="pages" aria-label={TEXTS.document.pages}>
          <SectionTitle>{TEXTS.document.pages}</SectionTitle>
          {pages.map(({ page, text }, index) => (
            <details key={page} open={index < OPEN_PAGES}>
              <summary>{TEXTS.document.page(page)}</summary>
              {text ? (
                <>
                  <p dir="auto">
                    <Words text={text} />
                  </p>
                  <CopyButton text={text} />
                </>
              ) : (
                <p class="quiet">
                  {text === null ? TEXTS.document.pageNotRead : TEXTS.document.pageEmpty}
                </p>
              )}
            </details>
          ))}
        </section>
      )}
    </>
  );
}

function Table({ table: { page, title, columns, rows } }: { table: DocumentTable }) {
  const name = title || TEXTS.document.table;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section class="scroller" aria-label={name} tabIndex={0}>
      <table>
        <caption>
          <bdi>
            <Words text={name} />
          </bdi>{' '}
          <span class="quiet">{TEXTS.document.onPage(page)}</span>
        </caption>
        {columns.length > 0 && (
          <thead>
            <tr>
              {columns.map((head, index) => (
                <th key={`${head}${index}`} scope="col" dir="auto">
                  <Words text={head} />
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {rows.map((cells, row) => (
            <tr key={`${row}-${cells.length}`}>
              {cells.map((cell, index) => (
                <td key={`${row}-${index}`} dir="auto">
                  <Words text={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
