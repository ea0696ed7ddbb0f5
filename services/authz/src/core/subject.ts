/** Who can hold roles and permissions. */
export const SUBJECT_TYPES = ['user', 'agent', 'client'] as const;

export type SubjectType = (typeof SUBJECT_TYPES)[number];

/** User: UUID. Agent: `agt_…`. Client: `cli_…`. Compared byte by byte: ids that differ in case are different. */
export interface Subject {
  readonly type: SubjectType;
  readonly id: string;
}

/** The longest id that any kind of subject has, with room. */
export const MAX_SUBJECT_ID_LENGTH = 128;

export function isSubjectType(text: string): text is SubjectType {
  return (SUBJECT_TYPES as readonly string[]).includes(text);
}

/** The kind of subject that a bare id names (`user_id` of a check may name an agent, as its own answers do). */
export function subjectTypeOfId(id: string): SubjectType {
  if (id.startsWith('agt_')) return 'agent';
  if (id.startsWith('cli_')) return 'client';
  return 'user';
}
