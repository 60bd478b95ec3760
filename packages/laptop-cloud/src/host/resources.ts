import { z } from 'zod';
import { type Attributes, createResolver, type Resolve } from './intrinsics.ts';
import {
  nameKey,
  type PlayedCloud,
  type Player,
  playBucket,
  playQueue,
  playSecret,
  playTable,
} from './resource-players.ts';
import type { ResourceDeclaration } from './template.ts';

const PLAYERS: Record<string, Player> = {
  'AWS::S3::Bucket': playBucket,
  'AWS::SQS::Queue': playQueue,
  'AWS::DynamoDB::Table': playTable,
  'AWS::SecretsManager::Secret': playSecret,
};
/** What others name, and what is never made: whatever its properties say. */
const NAMED_ONLY: Record<string, (cloud: PlayedCloud) => Attributes> = { 'AWS::KMS::Key': nameKey };
// Who may do what, and who is told of it: one developer, at the terminal.
const OF_NO_MEANING_HERE =
  /^AWS::(IAM::|KMS::|SQS::QueuePolicy$|S3::BucketPolicy$|Lambda::Permission$|CloudWatch::|CloudFront::|Logs::|SNS::)/;

export interface Resources {
  /** Resolves references to them anywhere in the template. */
  resolve: Resolve;
  /** Ref and attributes by logical id. */
  attributes: Map<string, Attributes>;
  /** Types that are declared and don't exist on a laptop. */
  notPlayed: string[];
}

/**
 * Creates what the template declares, each resource before those that refer to it.
 * Throws an error that names the place where a property cannot be resolved or is not understood.
 */
export async function createResources(
  cloud: PlayedCloud,
  declarations: ResourceDeclaration[],
  pseudo: Record<string, string>,
): Promise<Resources> {
  const byId = new Map(declarations.map((each) => [each.logicalId, each]));
  const attributes = new Map<string, Attributes>();
  const under = new Set<string>(); // being created right now: meeting one again is a cycle

  async function create(declaration: ResourceDeclaration, play: Player): Promise<Attributes> {
    const { logicalId } = declaration;
    if (under.has(logicalId)) throw new Error(`${logicalId} needs itself by way of its references`);
    under.add(logicalId);
    const place = `resources.${logicalId}`;
    const properties = await resolve(declaration.properties, place);
    const created = await describeFailure(place, async () =>
      play(cloud, z.record(z.string(), z.unknown()).parse(properties)),
    );
    attributes.set(logicalId, created);
    return created;
  }

  async function attributesOf(logicalId: string, place: string): Promise<Attributes | undefined> {
    const declaration = byId.get(logicalId);
    if (!declaration) throw new Error(`${place}: there is no resource ${logicalId}`);
    const named = attributes.get(logicalId) ?? NAMED_ONLY[declaration.type]?.(cloud);
    const play = PLAYERS[declaration.type];
    return named ?? (play && (await create(declaration, play)));
  }

  const resolve = createResolver({ pseudo, attributesOf });
  for (const { logicalId } of declarations) await attributesOf(logicalId, 'resources');
  const others = declarations.filter(
    ({ type }) => !PLAYERS[type] && !OF_NO_MEANING_HERE.test(type),
  );
  return { resolve, attributes, notPlayed: [...new Set(others.map(({ type }) => type))] };
}

async function describeFailure<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Error(`${place}: ${reason}`, { cause: error });
  }
}
