import { listOf, listResources } from './deployed.ts';
import type { Packaged } from './package-stage.ts';

/** One part of the template taken away. */
interface Mutation {
  name: string;
  /** The template without it; all other resources are the very same objects. */
  mutate(packaged: Packaged): Packaged;
}

/** Every variable, every action and resource of a role, everything that lets events through: each by itself. */
export function listMutations(packaged: Packaged): Mutation[] {
  return [...listVariables(packaged), ...listPermissions(packaged), ...listSources(packaged)];
}

function without(id: string, name: string, change: (properties: Properties) => void): Mutation {
  const mutate = (packaged: Packaged) => {
    const resource = structuredClone(packaged.Resources[id]);
    if (!resource) throw new Error(`There is no ${id}`);
    change(resource.Properties);
    return { ...packaged, Resources: { ...packaged.Resources, [id]: resource } };
  };
  return { name: `${id} without ${name}`, mutate };
}

type Properties = Packaged['Resources'][string]['Properties'];

function listVariables(packaged: Packaged): Mutation[] {
  return listResources(packaged, 'AWS::Lambda::Function').flatMap(([id, { Properties }]) =>
    Object.keys(Properties.Environment.Variables).map((name) =>
      without(id, name, (changed) => delete changed.Environment.Variables[name]),
    ),
  );
}

function listPermissions(packaged: Packaged): Mutation[] {
  return listResources(packaged, 'AWS::IAM::Role').flatMap(([id, { Properties }]) => {
    const statements: Record<string, unknown>[] = statementsOf(Properties);
    return statements.flatMap((statement, index) =>
      ['Action', 'Resource'].flatMap((part) =>
        listOf(statement[part]).map((what, at) =>
          without(id, `${statement.Sid} ${JSON.stringify(what)}`, (changed) => {
            const target = statementsOf(changed)[index];
            target[part] = listOf(target[part]).toSpliced(at, 1);
          }),
        ),
      ),
    );
  });
}

function statementsOf(role: Properties) {
  return role.Policies[0].PolicyDocument.Statement;
}

function listSources(packaged: Packaged): Mutation[] {
  const kinds = ['ApiGatewayV2::Route', 'ApiGatewayV2::Integration', 'Lambda::Permission'];
  const whole = [...kinds, 'Lambda::EventSourceMapping']
    .flatMap((kind) => listResources(packaged, `AWS::${kind}`))
    .map(([id]) => ({
      name: `no ${id}`,
      mutate: (packaged: Packaged) => {
        const { [id]: _, ...Resources } = packaged.Resources;
        return { ...packaged, Resources };
      },
    }));
  const notices = [0, 1].map((index) =>
    without('UploadBucket', `notification ${index}`, ({ NotificationConfiguration: notified }) => {
      notified.QueueConfigurations.splice(index, 1);
    }),
  );
  const parts = [
    without('UploadQueue', 'redrive', (changed) => delete changed.RedrivePolicy),
    without('UploadQueuePolicy', 'S3', ({ PolicyDocument }) => PolicyDocument.Statement.shift()),
  ];
  return [...whole, ...notices, ...parts];
}
