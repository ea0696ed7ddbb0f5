import { EVENTS, type EventName } from '@lumo/contracts';
import type { LogRecord } from '../core/log-record.js';

/**
 * What happened, as a sentence. `{actor}` is who did it (and the agent that acted for them), `{target}` what it was done
 * to, `{some.data}` a fact of the event. Every event of the catalogue has one: the test says which is missing.
 */
export const MESSAGES: Readonly<Partial<Record<EventName, string>>> = {
  'org.created': 'The organization {target} was created by {actor}.',
  'org.updated': '{actor} changed the organization {target}.',
  'org.settings_changed': '{actor} changed settings of the organization.',
  'auth.login.success': '{actor} signed in.',
  'auth.login.failure': 'A sign-in as {actor} was refused.',
  'auth.logout': '{actor} signed out.',
  'consent.granted': '{actor} let {target} act with the scopes it asked for.',
  'token.issued': '{actor} received tokens.',
  'token.refused': 'A token request of {actor} was refused.',
  'token.revoked': '{actor} revoked tokens.',
  'token.exchanged': '{actor} received a token that acts for a user.',
  'oauth.security.code_reuse_detected': 'An authorization code of {target} was used twice. What it issued was revoked.',
  'oauth.security.refresh_reuse_detected': 'A used refresh token of {target} came back. Its family was revoked.',
  'user.created': '{actor} created the user {target}.',
  'user.updated': '{actor} changed the user {target}.',
  'user.blocked': '{actor} blocked the user {target}.',
  'user.locked': 'Too many wrong passwords: {target} cannot sign in for a while.',
  'user.unblocked': '{actor} unblocked the user {target}.',
  'user.password_changed': '{actor} set the password of {target}.',
  'user.deleted': '{actor} deleted the user {target}.',
  'app.created': '{actor} created the application {target}.',
  'app.updated': '{actor} changed the application {target}.',
  'authorization_details_type.changed': '{actor} set what the authorization details of type {target} may contain.',
  'authorization_details_type.deleted': '{actor} deleted the type {target} of authorization details.',
  'app.deleted': '{actor} deleted the application {target}.',
  'app.secret.rotated': '{actor} rotated the secret of the application {target}.',
  'initial_access_token.created': '{actor} created the initial access token {target}.',
  'initial_access_token.revoked': '{actor} revoked the initial access token {target}.',
  'resource.created': '{actor} created the resource {target}.',
  'resource.updated': '{actor} changed the resource {target}.',
  'resource.deleted': '{actor} deleted the resource {target}.',
  'api_key.created': '{actor} created the API key {target}.',
  'api_key.updated': '{actor} changed the API key {target}.',
  'api_key.deleted': '{actor} deleted the API key {target}.',
  'consent.denied': '{actor} did not allow the application {target}.',
  'consent.revoked': '{actor} took access from the application {target}.',
  'session.logout_undelivered': 'The application {target} was not told that a session ended.',
  'session.revoked': '{actor} ended a session of {target}.',
  'signing_key.published': 'The signing key {target} was published and will take over.',
  'signing_key.removed': 'The signing key {target} left the key set.',
  'signing_key.rotated': 'The signing key {target} became active.',
  'policy.created': '{actor} created the policy {target}.',
  'policy.updated': '{actor} changed the policy {target}.',
  'policy.deleted': '{actor} deleted the policy {target}.',
  'attribute.created': '{actor} created the attribute {target}.',
  'attribute.updated': '{actor} changed the attribute {target}.',
  'attribute.deleted': '{actor} deleted the attribute {target}.',
  'attribute.values_set': '{actor} set attributes of {target}.',
  'authz.settings_changed': '{actor} changed how decisions are made.',
  'role.created': '{actor} created the role {target}.',
  'role.updated': '{actor} changed the role {target}.',
  'role.deleted': '{actor} deleted the role {target}.',
  'permission.created': '{actor} created the permission {target}.',
  'permission.updated': '{actor} changed the permission {target}.',
  'permission.deleted': '{actor} deleted the permission {target}.',
  'user.role.assigned': '{actor} gave a role to {target}.',
  'user.role.removed': '{actor} took a role from {target}.',
  'user.permission.granted': '{actor} gave a permission to {target}.',
  'user.permission.revoked': '{actor} took a permission from {target}.',
  'relation.tuples.written': '{actor} wrote or deleted tuples of the store of relations {target}.',
  'relation.model.written': '{actor} wrote a relation model into the store {target}.',
  'relation.assertions.written': '{actor} wrote what a model of the store of relations {target} should answer.',
  'relation.store.created': '{actor} created the store of relations {target}.',
  'relation.store.deleted': '{actor} deleted the store of relations {target}.',
  'authz.checked': 'A permission was decided for {actor}.',
  'agent.created': '{actor} created the agent {target}.',
  'agent.updated': '{actor} changed the agent {target}.',
  'agent.enabled': '{actor} enabled the agent {target}.',
  'agent.disabled': '{actor} disabled the agent {target}.',
  'agent.deleted': '{actor} deleted the agent {target}.',
  'agent.credentials.rotated': '{actor} rotated the credentials of the agent {target}.',
  'agent.action': '{actor} asked whether it may {target}.',
  'agent.delegated': 'The agent {target} may act for a user.',
  'agent.delegation_refused': '{actor} was not allowed to act for {target}.',
  'audit.exported': '{actor} exported the audit log.',
};

/** The sentence of a record. Names in it come from people and programs: show it as text, never as HTML. */
export function messageOf(record: LogRecord): string {
  const template = MESSAGES[record.name as EventName] ?? EVENTS[record.name as EventName]?.means ?? record.name;
  const outcome = record.result === 'success' || /refused|not allowed/.test(template) ? '' : ` (${record.result})`;
  return (
    template.replace(/\{(actor|target)\}/g, (_all, part) => (part === 'actor' ? actorOf(record) : targetOf(record))) +
    outcome
  );
}

function actorOf({ actor, actorChain }: LogRecord): string {
  const who = plain(actor.name ?? (actor.id === '' ? `somebody (${actor.type})` : `${actor.type} ${actor.id}`));
  const current = actorChain.at(-1);
  return current ? `${plain(current.id)} for ${who}` : who;
}

function targetOf({ target }: LogRecord): string {
  return target ? plain(target.name ?? (target.id === '' ? `an unknown ${target.type}` : target.id)) : 'it';
}

/** One line: no line break or invisible character of a name may fake a second record in an export or a terminal. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
}
