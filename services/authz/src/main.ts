import { runService } from '@lumo/service';
import { authz } from './authz.module.js';

await runService(authz);
