export {
  createAuthorizationRequest,
  createClient,
  createSession,
  handleAuthorizationResponse,
  memoryStore,
} from 'relier';
