/** A subject as the OpenFGA API lists users: an object, a userset, or everybody of a type. */
export function viewUser(subject: string): object {
  const colon = subject.indexOf(':');
  const hash = subject.indexOf('#', colon);
  const type = subject.slice(0, colon);
  if (hash >= 0) {
    return { userset: { type, id: subject.slice(colon + 1, hash), relation: subject.slice(hash + 1) } };
  }
  const id = subject.slice(colon + 1);
  return id === '*' ? { wildcard: { type } } : { object: { type, id } };
}
