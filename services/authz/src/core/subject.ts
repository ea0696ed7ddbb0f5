/** Who can hold roles and permissions. */
export const SUBJECT_TYPES = ['user', 'agent', 'client'] as const;

export type SubjectType = (typeof SUBJECT_TYPES)[number];

/** User: UUID. Agent: `agt_…`. Client: `cli_…`. Compared byte by byte: ids that differ in case are different. */
export interface Subject {
  readonly type: SubjectType;
  readonly id: string;
}

export function isSubjectType(text: string): text is SubjectType {
  return (SUBJECT_TYPES as readonly string[]).includes(text);
}
