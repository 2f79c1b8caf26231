export { createAuthorizationRequest, createClient, handleAuthorizationResponse } from 'relier';
