/**
 * The pages on which people see what is theirs, as a client: it is in no table, gets no tokens and is nobody's business. No
 * client of the directory has this id: theirs begin with `cli_`, or are addresses.
 */
export const ACCOUNT_CLIENT_ID = 'lumo_account';
