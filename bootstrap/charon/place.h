/* place: where charon's process keeps its files. */
#ifndef CYGNET_BOOTSTRAP_CHARON_PLACE_H
#define CYGNET_BOOTSTRAP_CHARON_PLACE_H

/*
 * The path of a file of charon's process, as its socket: in the first folder that has it below
 * root, else in strongSwan's default one. Yours to free.
 */
char *charon_place(const char *root, const char *name);

#endif
