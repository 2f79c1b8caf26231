export { clientSecret, createClient, createServiceTokens } from 'relier';
