// Beside the function's module in its zip, not in it: V8 reads all of that at a cold start, and few stages take JWTs.

export { JwksValidationError } from 'aws-jwt-verify/error';
export { SimpleJwksCache } from 'aws-jwt-verify/jwk';
export { JwtVerifier } from 'aws-jwt-verify/jwt-verifier';
