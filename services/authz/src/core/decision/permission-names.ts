/**
 * The slugs that a permission for an action on a type of resource can have, the most specific first: `document.edit`,
 * `document:edit`, and the action itself where its name is a permission (contract 11 row 17: slugs are free text).
 */
export function permissionNames(resourceType: string, action: string): readonly string[] {
  return [`${resourceType}.${action}`, `${resourceType}:${action}`, action];
}
