/** The account that the laptop's cloud plays. */
export const REGION = 'us-east-1';
export const ACCOUNT_ID = '000000000000';
