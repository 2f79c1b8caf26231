export { apiToken, createManagementClient } from 'relier/management';
