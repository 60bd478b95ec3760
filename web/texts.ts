// All that the page says, in one place. Words of the service (captions, names of files, details) are data, not texts.

export const TEXTS = {
  name: 'Sightline',
  skip: 'Skip to the content',
  sure: 'Really delete?',
  retry: 'Try again',
  requestId: 'Request',
  away: 'The service cannot be reached. The page goes on by itself as soon as it is back.',
  nav: {
    label: 'Views',
    upload: 'Add',
    analysis: 'Analysis',
    library: 'Library',
    analyzers: 'Analyzers',
    usage: 'Use',
    settings: 'Settings',
    missing: 'There is no such view',
  },
  key: {
    title: 'Your key',
    why: 'This service wants a key with each call. It is kept in this tab only.',
    label: 'Key',
    use: 'Use this key',
    refused: 'That key was not accepted.',
  },
  standIn: {
    title: 'No Gemini key is set.',
    what: 'A stand-in measures your pictures (size, colours, brightness, sharpness) and understands nothing in them. For real analyses stop it and start it with a key:',
  },
  upload: {
    title: 'Add pictures',
    reference: 'The API, for your own programs',
  },

  library: {},

  analyzers: {},

  usage: {},

  settings: {},
} as const;

/** What went wrong, and what the reader can do; by the service's error codes and the page's own. */
export const PROBLEMS = {
  request_invalid: ['The service did not accept the request.', 'Reload the page and try again.'],
  file_missing: ['No file arrived.', 'Choose the picture again.'],
  unauthorized: ['The key is missing or not valid.', 'Enter a valid key.'],
  forbidden: ['This key may not do that.', 'Use a key with more rights.'],
  not_found: ['The service does not know this address.', 'Reload the page.'],
  analysis_not_found: ['This analysis does not exist any more.', 'It may have been deleted.'],
  upload_expired: ['The upload took too long to start.', 'Add the picture again.'],
  file_too_large: ['The file is too large.', 'Send a smaller version of the picture.'],
  type_unsupported: [
    'This is not a picture that can be read here.',
    'Send a JPEG, PNG, WebP or another common picture format.',
  ],
  file_malformed: ['The file is damaged or cut short.', 'Save or export the picture anew.'],
  file_too_complex: [
    'The picture is too large or too intricate to decode safely.',
    'Send it with fewer pixels, or save it anew.',
  ],
  checksum_mismatch: ['The file changed on its way.', 'Add the picture again.'],
  content_blocked: [
    'The model refused this picture.',
    'Nothing can be done but to try another one.',
  ],
  idempotency_mismatch: ['The request changed on its way.', 'Add the picture again.'],
  idempotency_conflict: ['The same request is still running.', 'Wait a moment.'],
  rate_limited: ['Too many pictures in a short time.', 'Wait a minute and try again.'],
  budget_exhausted: ['The budget for analyses is used up.', 'Ask whoever runs this service.'],
  internal: [
    'Something failed inside the service.',
    'Try again; if it stays, report the request id.',
  ],
  model_auth_failed: [
    'The service’s own Gemini key was refused.',
    'Whoever runs this service has to set a valid GEMINI_API_KEY.',
  ],
  model_request_refused: [
    'Gemini did not accept the request.',
    'Report this: it is the service’s fault.',
  ],
  model_output_invalid: ['The model gave no usable answer.', 'Add the picture again.'],
  model_unavailable: ['The model cannot be reached just now.', 'Try again in a few minutes.'],
  model_rate_limited: ['The model is too busy just now.', 'Try again in a few minutes.'],
  network: ['The service cannot be reached.', 'Check that it is running, then try again.'],
  upload_refused: ['The storage did not accept the file.', 'Add the picture again.'],
} as const;

export const UNKNOWN_PROBLEM = ['Something went wrong.', 'Try again.'] as const;
