export { clientCredentialsGrant, clientSecret, createClient } from 'relier';
