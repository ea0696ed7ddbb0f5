import { runService } from '@lumo/service';
import { agents } from './agents.module.js';

await runService(agents);
