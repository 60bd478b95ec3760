/** Who calls. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

export interface Connection {
  region: string;
  /** Another server than the region's own. */
  endpoint?: string | undefined;
  credentials: Credentials | (() => Promise<Credentials>);
}

/** What Lambda sets, and whoever plays it: the environment variables that AWS' own clients read. */
export function readConnection(service: string): Connection {
  const { env } = process;
  return {
    region: env.AWS_REGION ?? '',
    endpoint: env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ?? env.AWS_ENDPOINT_URL,
    credentials: readCredentials(),
  };
}

export function readCredentials(): Credentials {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
    throw new Error('The environment holds no credentials for AWS.');
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN,
  };
}

/** https://docs.aws.amazon.com/general/latest/gr/rande.html; of partitions, the public one and China's. */
export function endpointOf(service: string, { region, endpoint }: Connection): URL {
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return new URL(endpoint ?? `https://${service}.${region}.${domain}`);
}
