import { type PageFrame, pageAssetUrls } from '../pages/index.js';
import type { EngineOrg } from './engine-deps.js';

/** What stands around every hosted page of the org. */
export function pageFrame({ org, settings, mount }: EngineOrg): PageFrame {
  return {
    orgName: settings.general.displayName ?? org.name,
    assets: pageAssetUrls(`${mount}/oauth/assets`),
  };
}
