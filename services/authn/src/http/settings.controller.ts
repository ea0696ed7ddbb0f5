import { APP, Handles, type InputOf } from '@lumo/service';
import { Controller, Inject } from '@nestjs/common';
import type { AuthnApp } from '../app.js';
import { settingsRoutes as routes } from './settings-routes.js';
import { readAuth, readGeneral, readSecurity, viewSettings, viewTenant } from './settings-view.js';

type Context = InputOf<typeof routes.readAll>['ctx'];

@Controller()
export class SettingsController {
  constructor(@Inject(APP) private readonly app: AuthnApp) {}

  @Handles(routes.readTenant)
  async readTenant({ ctx }: InputOf<typeof routes.readTenant>) {
    return { data: viewTenant(await this.app.readOrgProfile(ctx)) };
  }

  @Handles(routes.changeTenant)
  async changeTenant({ ctx, body }: InputOf<typeof routes.changeTenant>) {
    const { settings: sections = {}, ...own } = body;
    const general = readGeneral({ ...sections.general, ...own });
    const profile = await this.app.changeOrgProfile(ctx, {
      ...general,
      ...(sections.auth && { auth: readAuth(sections.auth) }),
      ...(sections.security && { security: readSecurity(sections.security) }),
    });
    return { data: viewTenant(profile), message: 'Organization updated.' };
  }

  @Handles(routes.readAll)
  async readAll({ ctx }: InputOf<typeof routes.readAll>) {
    return { data: await this.settings(ctx) };
  }

  @Handles(routes.readGeneral)
  async readGeneral({ ctx }: InputOf<typeof routes.readGeneral>) {
    return { data: (await this.settings(ctx)).general };
  }

  @Handles(routes.changeGeneral)
  async changeGeneral({ ctx, body }: InputOf<typeof routes.changeGeneral>) {
    const profile = await this.app.changeOrgProfile(ctx, readGeneral(body));
    return { data: viewSettings(profile).general, message: 'Settings updated.' };
  }

  @Handles(routes.readAuth)
  async readAuth({ ctx }: InputOf<typeof routes.readAuth>) {
    return { data: (await this.settings(ctx)).auth };
  }

  @Handles(routes.changeAuth)
  async changeAuth({ ctx, body }: InputOf<typeof routes.changeAuth>) {
    const profile = await this.app.changeOrgProfile(ctx, { auth: readAuth(body) });
    return { data: viewSettings(profile).auth, message: 'Settings updated.' };
  }

  @Handles(routes.readSecurity)
  async readSecurity({ ctx }: InputOf<typeof routes.readSecurity>) {
    return { data: (await this.settings(ctx)).security };
  }

  @Handles(routes.changeSecurity)
  async changeSecurity({ ctx, body }: InputOf<typeof routes.changeSecurity>) {
    const profile = await this.app.changeOrgProfile(ctx, { security: readSecurity(body) });
    return { data: viewSettings(profile).security, message: 'Settings updated.' };
  }

  private async settings(ctx: Context) {
    return viewSettings(await this.app.readOrgProfile(ctx));
  }
}
