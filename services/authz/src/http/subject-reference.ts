import { DomainError } from '@lumo/kit';
import { z } from 'zod';
import type { Subject, SubjectType } from '../core/subject.js';

export const SUBJECT_TYPES = ['user', 'agent', 'client'] as const satisfies readonly SubjectType[];

/** Longer than the id of any kind of subject. */
const MAX_ID_LENGTH = 128;

export const subjectId = z.string().min(1).max(MAX_ID_LENGTH);
export const subjectType = z.enum(SUBJECT_TYPES);

/** About whom a question is: `subject`, or the flat `user_id` (contract 3.2). */
export interface SubjectReference {
  readonly user_id?: string | number | null;
  readonly subject?: Subject | null;
}

/** The subject of a question; undefined where none is named. Throws `INVALID_SUBJECT` where two are that differ. */
export function requireOneSubject({ user_id: flat, subject }: SubjectReference): Subject | undefined {
  if (flat === undefined || flat === null) return subject ?? undefined;
  const id = String(flat);
  if (!subject) return { type: typeOfId(id), id };
  if (subject.id === id) return subject;
  throw new DomainError('invalid', 'INVALID_SUBJECT', 'user_id and subject name different subjects. Send one of them.');
}

/** Ids carry their kind: `user_id` of our own answers may be that of an agent or client, and comes back as it was. */
export function typeOfId(id: string): SubjectType {
  if (id.startsWith('agt_')) return 'agent';
  if (id.startsWith('cli_')) return 'client';
  return 'user';
}
