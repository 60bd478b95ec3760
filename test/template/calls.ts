// Every AWS call that a function makes, and the statements of its role (infra/roles.yml) that allow it.
// calls.test.ts records a run through everything, in which the answer to every call is lost once, and compares:
// none may be missing, none unused.

/** `missing`: S3 tells that an object is not there to those who may list the bucket; others get a 403. */
type Call = string;

/** Of every function that asks who is calling, and how often. */
const DOOR = {
  'dynamodb:GetItem client-key': 'ReadClients',
  'dynamodb:GetItem token': 'ReadClients',
  'dynamodb:GetItem client': 'ReadClients',
  'dynamodb:UpdateItem used': 'CountUses',
  'dynamodb:GetItem used': 'CountUses', // after a lost answer
  'dynamodb:UpdateItem rate': 'RateLimits',
  'dynamodb:GetItem rate': 'RateLimits',
  'secretsmanager:GetSecretValue DoorSecret': 'ReadDoorSecret',
};
/** Of what may be asked again with the same `Idempotency-Key`. */
const IDEMPOTENCY = {
  'dynamodb:PutItem idempotency': 'Idempotency',
  'dynamodb:GetItem idempotency': 'Idempotency',
  'dynamodb:UpdateItem idempotency': 'Idempotency',
};
/** Of a client's own analyzers: the list of its names, and one version. */
const ANALYZERS = {
  'dynamodb:GetItem analyzers': 'ReadAnalyzers',
  'dynamodb:GetItem analyzer': 'ReadAnalyzers',
};
const BUDGET = {
  'dynamodb:GetItem spending': 'ReadSpending',
};

/** Of an analysis, from every store. */
const DELETION = {
  'dynamodb:GetItem analysis': 'Analyses',
  'dynamodb:PutItem analysis': 'Analyses',
  'dynamodb:DeleteItem content': 'Contents',
  'dynamodb:GetItem content': 'Contents', // after a lost answer
  's3:HeadObject uploads/uploads': 'RemoveUploads',
  's3:HeadObject uploads/uploads missing': 'RemoveUploads MissUploads',
  's3:HeadObject uploads/drop': 'RemoveUploads',
  's3:DeleteObject uploads/uploads': 'RemoveUploads',
  's3:DeleteObject uploads/drop': 'RemoveUploads',
  's3:DeleteObject results/results': 'RemoveResults',
  's3:DeleteObject results/pictures': 'RemoveResults',
  's3:AbortMultipartUpload uploads/uploads': 'AbortParts',
  's3:AbortMultipartUpload uploads/uploads missing': 'AbortParts', // after a lost answer
  'dynamodb:GetItem webhooks': 'Webhooks',
  'dynamodb:DeleteItem delivery': 'Deliveries',
};

export const CALLS: Record<string, Record<Call, string>> = {
  'create-upload': {
    ...DOOR,
    ...IDEMPOTENCY,
    ...ANALYZERS,
    'dynamodb:GetItem analysis': 'Analyses',
    'dynamodb:GetItem spending': 'Spending',
    'dynamodb:UpdateItem spending': 'Spending',
    'dynamodb:PutItem analysis': 'Analyses',
    'dynamodb:GetItem content': 'Contents',
    's3:GetObject results/results': 'CopyResults Encrypted',
    's3:PutObject results/results': 'CopyResults Encrypted',
    's3:PostObject uploads/uploads': 'SignUploads Encrypted', // the client's, by our signature
    's3:CreateMultipartUpload uploads/uploads': 'SignUploads Encrypted',
  },
  'sign-parts': {
    ...DOOR,
    ...IDEMPOTENCY,
    'dynamodb:GetItem analysis': 'Analyses',
    's3:UploadPart uploads/uploads': 'SignParts Encrypted', // the client's, as above
  },
  'list-parts': {
    ...DOOR,
    'dynamodb:GetItem analysis': 'Analyses',
    's3:ListParts uploads/uploads': 'ListParts',
    's3:ListParts uploads/uploads missing': 'ListParts',
    's3:HeadObject uploads/uploads missing': 'ListParts MissUploads',
  },
  'complete-upload': {
    ...DOOR,
    ...IDEMPOTENCY,
    'dynamodb:GetItem analysis': 'Analyses',
    's3:ListParts uploads/uploads': 'CompleteUploads',
    's3:CompleteMultipartUpload uploads/uploads': 'CompleteUploads Encrypted',
    's3:CompleteMultipartUpload uploads/uploads missing': 'CompleteUploads', // after a lost answer
    's3:HeadObject uploads/uploads': 'CompleteUploads', // as above
    's3:ListParts uploads/uploads missing': 'CompleteUploads',
    's3:HeadObject uploads/uploads missing': 'CompleteUploads MissUploads',
  },
  'cancel-upload': {
    ...DOOR,
    'dynamodb:GetItem analysis': 'Analyses',
    'dynamodb:PutItem analysis': 'Analyses',
    's3:AbortMultipartUpload uploads/uploads': 'AbortParts',
    's3:AbortMultipartUpload uploads/uploads missing': 'AbortParts', // after a lost answer
    's3:HeadObject uploads/uploads missing': 'RemoveUploads MissUploads',
  },
  'process-upload': {
    ...ANALYZERS,
    'dynamodb:GetItem model-pause': 'ModelPauses',
    'dynamodb:PutItem model-pause': 'ModelPauses',
    'dynamodb:GetItem analysis': 'Analyses',
    'dynamodb:PutItem analysis': 'Analyses',
    'dynamodb:UpdateItem analysis': 'Analyses',
    'dynamodb:DeleteItem analysis': 'Analyses',
    'dynamodb:UpdateItem content': 'Contents',
    'dynamodb:GetItem content': 'Contents', // after a lost answer
    'dynamodb:GetItem client': 'ReadClientSettings',
    'dynamodb:GetItem spending': 'Spending',
    'dynamodb:UpdateItem spending': 'Spending',
    's3:GetObject uploads/uploads': 'ReadAndRemoveUploads Encrypted',
    's3:GetObject uploads/drop': 'ReadAndRemoveUploads Encrypted',
    's3:GetObject uploads/drop missing': 'ReadAndRemoveUploads MissUploads',
    's3:HeadObject uploads/uploads': 'ReadAndRemoveUploads',
    's3:HeadObject uploads/uploads missing': 'ReadAndRemoveUploads MissUploads', // after a lost answer
    's3:HeadObject uploads/drop': 'ReadAndRemoveUploads',
    's3:DeleteObject uploads/uploads': 'ReadAndRemoveUploads',
    's3:DeleteObject uploads/drop': 'ReadAndRemoveUploads',
    's3:GetObject results/results': 'StoreResults Encrypted',
    's3:PutObject results/results': 'StoreResults Encrypted',
    's3:DeleteObject results/results': 'StoreResults',
    's3:PutObject results/pictures': 'StorePictures Encrypted',
    's3:DeleteObject results/pictures': 'StorePictures',
    'sqs:ChangeMessageVisibility UploadQueue': 'TakeMessages',
    'dynamodb:GetItem webhooks': 'Webhooks',
    'sqs:SendMessageBatch WebhookQueue': 'TellWebhooks',
    'secretsmanager:GetSecretValue GeminiSecret': 'ReadGeminiKey',
  },
  'fail-upload': {
    ...ANALYZERS,
    'dynamodb:GetItem analysis': 'Analyses',
    'dynamodb:PutItem analysis': 'Analyses',
    'dynamodb:UpdateItem analysis': 'Analyses',
    'dynamodb:UpdateItem spending': 'Spending',
    'dynamodb:GetItem webhooks': 'Webhooks',
    'sqs:SendMessageBatch WebhookQueue': 'TellWebhooks',
    'dynamodb:GetItem client': 'ReadClientSettings',
  },
  'get-analysis': {
    ...DOOR,
    'dynamodb:GetItem analysis': 'Analyses',
    's3:GetObject results/results': 'ReadResults Encrypted',
    's3:GetObject results/pictures': 'LinkPictures Encrypted', // whoever has the link, by our signature
    's3:GetObject uploads/uploads': 'LinkFiles Encrypted', // as above
    's3:GetObject uploads/drop': 'LinkFiles Encrypted',
  },
  'get-usage': { ...DOOR, ...BUDGET },
  'create-estimate': {
    ...DOOR,
    ...ANALYZERS,
    'dynamodb:GetItem analysis': 'Analyses',
  },
  'create-webhook': {
    ...DOOR,
    ...IDEMPOTENCY,
    'dynamodb:GetItem webhooks': 'Webhooks',
    'dynamodb:PutItem webhooks': 'Webhooks',
  },
  'list-webhooks': { ...DOOR, 'dynamodb:GetItem webhooks': 'Webhooks' },
  'delete-webhook': {
    ...DOOR,
    'dynamodb:GetItem webhooks': 'Webhooks',
    'dynamodb:PutItem webhooks': 'Webhooks',
  },
  'list-deliveries': {
    ...DOOR,
    'dynamodb:GetItem webhooks': 'Webhooks',
    'dynamodb:Query byKey': 'ListDeliveries',
  },
  'replay-delivery': {
    ...DOOR,
    ...IDEMPOTENCY,
    'dynamodb:GetItem webhooks': 'Webhooks',
    'dynamodb:GetItem delivery': 'Deliveries',
    'sqs:SendMessageBatch WebhookQueue': 'TellWebhooks',
  },
  'deliver-webhook': {
    'dynamodb:GetItem analysis': 'Analyses',
    'dynamodb:GetItem webhooks': 'Webhooks',
    'dynamodb:PutItem webhooks': 'Webhooks',
    'dynamodb:GetItem delivery': 'Deliveries',
    'dynamodb:UpdateItem delivery': 'Deliveries',
    'secretsmanager:GetSecretValue DoorSecret': 'ReadDoorSecret',
    'sqs:ChangeMessageVisibility WebhookQueue': 'TakeMessages',
  },
  'list-analyses': {
    ...DOOR,
    'dynamodb:Query byClient': 'ListAnalyses',
    'dynamodb:Query byKey': 'ListAnalyses',
    's3:GetObject results/pictures': 'LinkPictures Encrypted',
  },
  'delete-analysis': { ...DOOR, ...DELETION },
  'delete-data': {
    ...DOOR,
    ...DELETION,
    's3:HeadObject uploads/drop missing': 'RemoveUploads MissUploads',
    'dynamodb:Query byClient': 'ListAnalyses',
  },
  analyze: {
    ...DOOR,
    ...IDEMPOTENCY,
    ...ANALYZERS,
    ...BUDGET,
    'dynamodb:GetItem analysis': 'Analyses',
    'dynamodb:PutItem analysis': 'Analyses',
    's3:PutObject uploads/uploads': 'StoreUploads Encrypted',
    's3:GetObject results/results': 'ReadResults Encrypted',
    's3:GetObject results/pictures': 'LinkPictures Encrypted',
  },
  'create-token': { ...DOOR, ...IDEMPOTENCY, 'dynamodb:PutItem token': 'MakeTokens' },
  'put-analyzer': {
    ...DOOR,
    'dynamodb:GetItem analyzers': 'Analyzers',
    'dynamodb:GetItem analyzer': 'Analyzers',
    'dynamodb:PutItem analyzer': 'Analyzers',
    'dynamodb:UpdateItem analyzers': 'Analyzers',
  },
  'get-analyzer': { ...DOOR, ...ANALYZERS },
  'list-analyzers': { ...DOOR, 'dynamodb:GetItem analyzers': 'ReadAnalyzers' },
  'get-health': {},
  'get-openapi': {},
  'get-readiness': {
    ...DOOR,
    's3:HeadBucket uploads': 'AskBuckets',
    's3:HeadBucket results': 'AskBuckets',
    'sqs:GetQueueAttributes UploadQueue': 'AskQueue',
    'secretsmanager:GetSecretValue GeminiSecret': 'ReadGeminiKey',
  },
  'not-found': {},
};

/** Made only where the message of a deleted upload comes again, which a run brings about by chance. */
export const RARE_CALLS = ['process-upload: s3:HeadObject uploads/uploads missing'];

const VERSIONS = (remove: string) => ({
  's3:ListObjectVersions uploads': 'MissUploads',
  's3:DeleteObjectVersion uploads/uploads': remove,
  's3:DeleteObjectVersion uploads/drop': remove,
});
/** Made only where a stage brings along a bucket that keeps versions, which the laptop's do not. */
export const CALLS_WHERE_VERSIONED: Record<string, Record<Call, string>> = {
  'process-upload': VERSIONS('ReadAndRemoveUploads'),
  'cancel-upload': {
    // A form's file that came a moment before, and here never does.
    's3:HeadObject uploads/uploads': 'RemoveUploads',
    's3:DeleteObject uploads/uploads': 'RemoveUploads',
    's3:ListObjectVersions uploads': 'MissUploads',
    's3:DeleteObjectVersion uploads/uploads': 'RemoveUploads',
  },
  'delete-analysis': VERSIONS('RemoveUploads'),
  'delete-data': VERSIONS('RemoveUploads'),
};

/** What Lambda itself does in the function's name: it writes the log, and polls the queues. */
export const CALLS_OF_LAMBDA = {
  logs: { 'logs:CreateLogStream': 'WriteLog', 'logs:PutLogEvents': 'WriteLog' },
  queues: {
    'sqs:ReceiveMessage': 'TakeMessages',
    'sqs:DeleteMessage': 'TakeMessages',
    'sqs:GetQueueAttributes': 'TakeMessages',
  },
} as const;
