import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

const keySchema = z.array(
  z.object({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }),
);
const indexSchema = z.object({
  IndexName: z.string(),
  KeySchema: keySchema,
  Projection: z.object({
    ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
    NonKeyAttributes: z.array(z.string()).exactOptional(),
  }),
});
const attributeDefinition = z.object({
  AttributeName: z.string(),
  AttributeType: z.enum(['S', 'N', 'B']),
});

/** A table as the template declares it; the names are CloudFormation's. */
export const tableDefinitionSchema = z.strictObject({
  TableName: z.string(),
  BillingMode: z.literal('PAY_PER_REQUEST'),
  AttributeDefinitions: z.array(attributeDefinition),
  KeySchema: keySchema,
  GlobalSecondaryIndexes: z.array(indexSchema).exactOptional(),
  /** The attribute with an item's expiry, in seconds since 1970. */
  ttlAttribute: z.string().exactOptional(),
});

/** A table as dynalite stores it; other properties are kept as they are. */
export const storedTableSchema = z.looseObject({
  TableName: z.string(),
  TableStatus: z.string(),
  AttributeDefinitions: z.array(attributeDefinition),
  KeySchema: keySchema,
  GlobalSecondaryIndexes: z.array(z.looseObject(indexSchema.shape)).exactOptional(),
  LocalSecondaryIndexes: z.array(z.unknown()).exactOptional(),
});

export type TableDefinition = z.output<typeof tableDefinitionSchema>;
export type StoredTable = z.output<typeof storedTableSchema>;

export function hasSameKey(stored: StoredTable, wanted: TableDefinition): boolean {
  return (
    isDeepStrictEqual(stored.KeySchema, wanted.KeySchema) &&
    stored.KeySchema.every(({ AttributeName }) => {
      const typeOf = (attributes: TableDefinition['AttributeDefinitions']) =>
        attributes.find((one) => one.AttributeName === AttributeName)?.AttributeType;
      return typeOf(stored.AttributeDefinitions) === typeOf(wanted.AttributeDefinitions);
    })
  );
}

/** Compares indexes and attributes, regardless of their order. */
export function hasSameIndexes(stored: StoredTable, wanted: TableDefinition): boolean {
  return isDeepStrictEqual(describeIndexes(stored), describeIndexes(wanted));
}

function describeIndexes(
  table: Pick<TableDefinition, 'AttributeDefinitions' | 'GlobalSecondaryIndexes'>,
): unknown {
  const indexes = table.GlobalSecondaryIndexes ?? [];
  return {
    attributes: table.AttributeDefinitions.map(
      (one) => `${one.AttributeName} ${one.AttributeType}`,
    ).sort(),
    indexes: Object.fromEntries(
      indexes.map(({ IndexName, KeySchema, Projection }) => [
        IndexName,
        {
          KeySchema,
          type: Projection.ProjectionType,
          included: [...(Projection.NonKeyAttributes ?? [])].sort(),
        },
      ]),
    ),
  };
}
