export { dpop } from 'relier';
export {
  createManagementClient,
  ensureClaim,
  ensureScope,
  oktaServiceApp,
} from 'relier/management';
