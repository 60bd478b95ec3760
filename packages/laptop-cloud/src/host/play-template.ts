import {
  type FunctionSpec,
  type QueueSource,
  resolveFunctions,
  type ScheduleSource,
} from './functions.ts';
import type { PlayedCloud } from './resource-players.ts';
import { createResources } from './resources.ts';
import { readTemplate, type TemplateOptions } from './template.ts';
import type { DeclaredCors } from './template-schema.ts';

export interface Played {
  /** Where handlers are found. */
  taskRoot: string;
  functions: FunctionSpec[];
  queues: QueueSource[];
  schedules: ScheduleSource[];
  cors: DeclaredCors | undefined;
  /** What `!Ref` gives for a resource. Throws where there is none. */
  refOf(logicalId: string): string;
  /** A variable of whichever function has it. */
  readVariable(name: string): string | undefined;
  /** What is declared and does not exist on a laptop. */
  notPlayed: string[];
}

/** Creates the template's resources in the laptop's cloud, and reads its functions with every reference resolved. */
export async function playTemplate(
  cloud: PlayedCloud,
  file: string,
  options: Omit<TemplateOptions, 'region'>,
): Promise<Played> {
  const { region, accountId } = cloud;
  const template = readTemplate(file, { ...options, region });
  const resources = await createResources(cloud, template.resources, {
    'AWS::AccountId': accountId,
    'AWS::Region': region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': `${template.service}-${options.stage}`,
  });
  const { functions, queues, schedules } = await resolveFunctions(template, resources.resolve);
  return {
    taskRoot: template.folder,
    functions,
    queues,
    schedules,
    cors: template.cors,
    refOf(logicalId) {
      const ref = resources.attributes.get(logicalId)?.Ref;
      if (!ref) throw new Error(`${file} declares no ${logicalId} that is played here`);
      return ref;
    },
    readVariable: (name) => functions.find((each) => each.environment[name])?.environment[name],
    notPlayed: [...template.notPlayed, ...resources.notPlayed],
  };
}
