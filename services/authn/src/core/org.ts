/** An organization as the instance knows it. */
export interface OrgRecord {
  readonly id: string;
  /** The integer id of the tenant profile. */
  readonly number: number;
  /** Stands in issuers and links; immutable. */
  readonly slug: string;
  readonly name: string;
  readonly status: 'active' | 'suspended';
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
