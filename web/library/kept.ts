import { key } from '../session.ts';
import { createListing, type Filters, type Listing } from './listing.ts';

interface Kept {
  entry: string;
  name: string;
  key: string | undefined;
  listing: Listing;
  /** It was left, and is shown again. */
  isBack: boolean;
}

/** One only: it may be of thousands. */
let kept: Kept | undefined;

/** The list that this entry of the history showed, as it was left; for any other entry a new one. */
export function takeListing(entry: string, filters: Filters): Listing {
  const name = JSON.stringify(filters);
  if (kept?.entry === entry && kept.name === name && kept.key === key.value) {
    kept.isBack = true;
    return kept.listing;
  }
  kept?.listing.stop();
  const listing = createListing(filters);
  kept = { entry, name, key: key.value, listing, isBack: false };
  return listing;
}

/** Whether somebody who comes to this entry is brought to where they were in its list. */
export function hasPlace(entry: string): boolean {
  return kept?.entry === entry && kept.isBack;
}
