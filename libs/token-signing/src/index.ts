export { createMasterKey, type MasterKey } from './master-key.js';
