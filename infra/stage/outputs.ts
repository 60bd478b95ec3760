import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { z } from 'zod';

/** A deployed stage, as its CloudFormation stack describes it: see infra/outputs.yml. */
const outputs = z.object({
  ApiUrl: z.url(),
  TableName: z.string(),
  GeminiSecretArn: z.string(),
  PageBucketName: z.string(),
  PageUrl: z.string(),
});

type StageOutputs = z.infer<typeof outputs>;

export interface Stage {
  stage: string;
  region: string;
}

/** Throws an error that says what to do where there is no such stage, or not all of it. */
export async function readOutputs(stage: Stage): Promise<StageOutputs> {
  const parsed = outputs.safeParse(await readStack(stage));
  if (parsed.success) return parsed.data;
  const missing = parsed.error.issues.map(({ path }) => path.join('.')).join(', ');
  throw new Error(`The stack ${nameStack(stage.stage)} gives no ${missing}: deploy it again`);
}

/** The page's bucket; undefined where a deployment failed before there was one. */
export async function findPageBucket(stage: Stage): Promise<string | undefined> {
  return (await readStack(stage)).PageBucketName;
}

function nameStack(stage: string): string {
  return `sightline-${stage}`;
}

/** Throws an error that says what to do where there is no such stack. */
async function readStack({ stage, region }: Stage): Promise<Record<string, string | undefined>> {
  const client = new CloudFormationClient({ region });
  const name = nameStack(stage);
  const command = new DescribeStacksCommand({ StackName: name });
  const { Stacks: [stack] = [] } = await client.send(command).catch((cause: unknown) => {
    if (cause instanceof Error && cause.name === 'CredentialsProviderError') {
      const advice =
        'log in (`aws sso login`, `aws configure`), or set AWS_PROFILE or AWS_ACCESS_KEY_ID';
      throw new Error(`No AWS credentials were found: ${advice}.`, { cause });
    }
    if (!(cause instanceof Error && cause.name === 'ValidationError')) throw cause;
    const advice = `deploy it first: npm run deploy -- --stage ${stage} --region ${region}`;
    throw new Error(`There is no stack ${name} in ${region}; ${advice}`, { cause });
  });
  const found = stack?.Outputs ?? [];
  return Object.fromEntries(found.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
}
