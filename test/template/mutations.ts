import { listOf, listResources } from './deployed.ts';
import type { Packaged } from './package-stage.ts';

/** One part of the template taken away. */
export interface Mutation {
  name: string;
  mutate(copy: Packaged): void;
}

/** Every variable, every action and resource of a role, everything that lets events through: each by itself. */
export function listMutations(packaged: Packaged): Mutation[] {
  return [...listVariables(packaged), ...listPermissions(packaged), ...listSources(packaged)];
}

function without(id: string, name: string, change: (properties: Properties) => void): Mutation {
  const mutate = (copy: Packaged) => {
    const resource = copy.Resources[id];
    if (resource) change(resource.Properties);
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
      mutate: (copy: Packaged) => void delete copy.Resources[id],
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
