import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { z } from 'zod';

/** A deployed stage, as its CloudFormation stack describes it: see infra/outputs.yml. */
const outputs = z.object({
  ApiUrl: z.url(),
  TableName: z.string(),
  GeminiSecretArn: z.string(),
  // Of a stage that was deployed before there was a page.
  PageBucketName: z.string().optional(),
  PageUrl: z.string().optional(),
});

type StageOutputs = z.infer<typeof outputs>;

export interface Stage {
  stage: string;
  region: string;
}

/** Throws an error that says what to do where there is no such stage. */
export async function readOutputs({ stage, region }: Stage): Promise<StageOutputs> {
  const client = new CloudFormationClient({ region });
  const name = `sightline-${stage}`;
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
  const found = stack?.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]) ?? [];
  const parsed = outputs.safeParse(Object.fromEntries(found));
  if (parsed.success) return parsed.data;
  const missing = parsed.error.issues.map(({ path }) => path.join('.')).join(', ');
  throw new Error(`The stack ${name} gives no ${missing}: deploy it again`);
}
