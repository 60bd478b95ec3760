import * as z from 'zod/mini';
import { MAX_ANALYSIS_USD, MIN_USD } from '../amounts.ts';
import { clip, keep, number, optionalNumber, optionalText, pages } from './source.ts';

export const MAX_PROMPT_CHARACTERS = 2_000;
export const MAX_TARGET_CHARACTERS = 2_048;

/** A field by which a client says how its file is to be analysed. The order of the rows is part of the contents' names. */
interface Field {
  /** As it is checked when it comes, and described in the API. */
  given: z.ZodMiniType;
  /** As it is stored: looser, for it was checked by the bounds of its day. */
  stored: z.ZodMiniType;
  /** How a form carries it. Absent: forms do not have it. */
  form?: 'text' | 'list' | 'json';
  /** Whether an estimate depends on it. */
  estimate?: true;
  /** Whether the answer depends on it, by name; `prompt` and `keep` have places of their own in nameContent. */
  content?: true;
  /** Whether clients see it in the analysis. */
  shown?: true;
}

/** Upload, form, estimate, record, contents' names, API description and what clients see derive from this table. */
export const FIELDS = {
  clip: {
    given: clip,
    stored: z.object({ start: optionalNumber, end: optionalNumber, fps: optionalNumber }),
    form: 'json',
    estimate: true,
    content: true,
  },
  pages: {
    given: pages,
    stored: z.object({ first: number, last: number }),
    form: 'json',
    estimate: true,
    content: true,
  },
  /** The most that the analysis may cost, in USD. */
  maxUsd: {
    given: z.number().check(z.minimum(MIN_USD), z.maximum(MAX_ANALYSIS_USD)),
    stored: number,
    form: 'json',
  },
  prompt: {
    given: z.string().check(z.trim(), z.minLength(1), z.maxLength(MAX_PROMPT_CHARACTERS)),
    stored: optionalText,
    form: 'text',
    estimate: true,
  },
  /** Called at the end, beside the client's endpoints. Whether it may be, parseTarget says. */
  callbackUrl: {
    given: z.string().check(z.minLength(1), z.maxLength(MAX_TARGET_CHARACTERS)),
    stored: optionalText,
    form: 'text',
  },
  keep: { given: keep, stored: keep, form: 'list' },
} as const satisfies Record<string, Field>;

type Fields = typeof FIELDS;
export type FieldName = keyof Fields;
/** Those with a property, be it of any value. */
type Having<Property extends keyof Field> = {
  [Name in FieldName]: Fields[Name] extends Record<Property, unknown> ? Name : never;
}[FieldName];
export type EstimateField = Having<'estimate'>;
export type ContentField = Having<'content'>;

function namesHaving<Property extends keyof Field>(property: Property): Having<Property>[] {
  return fieldNames.filter((name): name is Having<Property> => property in FIELDS[name]);
}
const fieldNames = Object.keys(FIELDS) as FieldName[]; // the table's own
export const FORM_FIELDS = namesHaving('form');
export const ESTIMATE_FIELDS = namesHaving('estimate');
export const CONTENT_FIELDS = namesHaving('content');
export const SHOWN_FIELDS = namesHaving('shown');

type Shape<Name extends FieldName, Kind extends 'given' | 'stored'> = {
  [Each in Name]: z.ZodMiniOptional<Fields[Each][Kind]>;
};
function shapeOf<Name extends FieldName, Kind extends 'given' | 'stored'>(
  names: readonly Name[],
  kind: Kind,
): Shape<Name, Kind> {
  const entries = names.map((name) => [name, z.optional(FIELDS[name][kind])]);
  return Object.fromEntries(entries); // of those names
}
export const uploadShape = shapeOf(fieldNames, 'given');
export const formShape = shapeOf(FORM_FIELDS, 'given');
export const estimateShape = shapeOf(ESTIMATE_FIELDS, 'given');
export const storedShape = shapeOf(fieldNames, 'stored');
export const shownShape = shapeOf(SHOWN_FIELDS, 'stored');

export type GivenFields = { [Name in FieldName]?: z.output<Fields[Name]['given']> | undefined };

/** The named fields of what may hold others; one that is not there is left out. */
export function pickFields<Name extends PropertyKey, Given extends { [Each in Name]?: unknown }>(
  given: Given,
  names: readonly Name[],
): Pick<Given, Name> {
  const entries = names.map((name) => [name, given[name]]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** All fields of what may hold others. */
export function pickGiven(given: GivenFields): GivenFields {
  return pickFields(given, fieldNames);
}
