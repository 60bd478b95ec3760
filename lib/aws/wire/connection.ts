/** Credentials of the caller. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

export interface Connection {
  region: string;
  /** Another server than the region's own. */
  endpoint?: string | undefined;
  credentials: Credentials | (() => Credentials | Promise<Credentials>);
}

/** Environment variables that Lambda and its emulators set, and AWS clients read. */
export function readConnection(service: string): Connection {
  const { env } = process;
  return {
    region: env.AWS_REGION ?? '',
    endpoint: env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ?? env.AWS_ENDPOINT_URL,
    credentials: readCredentials,
  };
}

function readCredentials(): Credentials {
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

/** S3's for one bucket: by the bucket's own name where a certificate can be for it, which dots prevent. */
export function bucketUrl(bucket: string, connection: Connection): URL {
  const url = endpointOf('s3', connection);
  if (connection.endpoint || bucket.includes('.')) return new URL(bucket, url);
  url.hostname = `${bucket}.${url.hostname}`;
  return url;
}
