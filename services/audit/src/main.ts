import { runService } from '@lumo/service';
import { audit } from './audit.module.js';

await runService(audit);
