export { type StageAnswer, type StagedService, type StageOptions, stageService } from './stage-service.js';
