export {
  createAuthorizationRequest,
  createClient,
  dpop,
  handleAuthorizationResponse,
  jarm,
  par,
} from 'relier';
