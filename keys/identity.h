/* identity: the site of a mesh that a gateway is, and where that mesh's records are. */
#ifndef CYGNET_KEYS_IDENTITY_H
#define CYGNET_KEYS_IDENTITY_H

#include "base/json.h"
#include "metadata/config.h"

/* Each as the setting of its name. Zeroed is that of no site; an earlier version's may lack any. */
struct identity {
	char *registry, *prefix, *mesh, *site;
};

/* Pure. What the settings name; yours to identity_done. */
void identity_make(const struct config *config, struct identity *ret_identity);

/* Pure. What the command line's options do (SETTING_COUNT of them, or NULL); the same. */
void identity_told(const char *const options[], struct identity *ret_identity);

/* Pure. The other way round: have the settings name it. It lacks nothing. */
void identity_set(const struct identity *identity, struct config *config);

/* Pure. What it lacks becomes as other's. */
void identity_complete(struct identity *identity, const struct identity *other);

/* Pure. Neither lacks anything. */
bool identity_equal(const struct identity *a, const struct identity *b);

/* "site 'x' of mesh 'y', whose registry is '/cygnet' in 'us-east-1'"; lacks nothing. Yours. */
char *identity_text(const struct identity *identity);

/* Its members of a document, each of which may be missing; EXIT_CONFIG names member and rule. */
int identity_parse(const json_t *document, struct identity *ret_identity, struct err *e);
/* What it lacks is left out. */
void identity_write(const struct identity *identity, json_t *document);

void identity_done(struct identity *identity);

#endif
