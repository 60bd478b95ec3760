// Beside the function's module in its zip, not in it: V8 reads all of that at a cold start, and most clients send a
// key and nothing else.

export { isSignatureError, verifySignature } from 'http-message-sig';
