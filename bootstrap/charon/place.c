/*
 * place: where packages have charon put what belongs to its process.
 */
#include "bootstrap/charon/place.h"

#include "base/file.h"
#include "base/mem.h"

/* strongSwan's default, and --with-piddir of Fedora's and EPEL's strongswan.spec. */
static const char *const folders[] = { "/run", "/run/strongswan" };

char *charon_place(const char *root, const char *name)
{
	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		AUTO_FREE char *path = mem_printf("%s/%s", folders[i], name);

		if (file_exists(root, path))
			return TAKE(path);
	}
	return mem_printf("%s/%s", folders[0], name);
}
