import { useMemo } from 'preact/hooks';
import { FilterForm, readFilters } from '../library/filters.tsx';
import { Grid } from '../library/grid.tsx';
import { takeListing } from '../library/kept.ts';
import type { Listing } from '../library/listing.ts';
import { ProblemNote } from '../parts/problem.tsx';
import { hrefTo, type ViewProps } from '../router.ts';
import { TEXTS } from '../texts.ts';
import '../styles/library.css';

export { hasPlace } from '../library/kept.ts';

/** All analyses of the client, as far back as they are kept. */
export function View({ query, entry }: ViewProps) {
  const filters = readFilters(query);
  const name = JSON.stringify(filters);
  const listing = useMemo(() => takeListing(entry, filters), [name]);
  return (
    <>
      <h1>{TEXTS.nav.library}</h1>
      <FilterForm filters={filters} />
      <Listed key={name} listing={listing} isFiltered={name !== '{}'} />
    </>
  );
}

function Listed({ listing, isFiltered }: { listing: Listing; isFiltered: boolean }) {
  const { tiles, isAtEnd, isLoading, problem } = listing;
  const isEmpty = isAtEnd.value && tiles.value.length === 0;
  return (
    <>
      <p class="quiet count" role="status">
        {tiles.value.length > 0 && TEXTS.library.count(tiles.value.length, isAtEnd.value)}
      </p>
      <Grid listing={listing} />
      {isEmpty && (
        <div class="panel">
          <p>{isFiltered ? TEXTS.library.noneSuch : TEXTS.library.none}</p>
          <a href={isFiltered ? hrefTo(['library']) : hrefTo([])}>
            {isFiltered ? TEXTS.library.all : TEXTS.nav.upload}
          </a>
        </div>
      )}
      {problem.value && (
        <ProblemNote problem={problem.value} onRetry={() => void listing.retry()} />
      )}
      <p class="quiet more">{isLoading.value ? TEXTS.library.loading : ''}</p>
    </>
  );
}
