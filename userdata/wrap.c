/*
 * wrap: YAML and MIME around texts that are plain ASCII. cloud-init writes files early in a boot
 * and runs scripts at its end, so the settings are there first. Of two parts with files it writes
 * one's: a part that others may follow has none.
 */
#include "userdata/wrap.h"

#include <string.h>

#include "base/buf.h"
#include "metadata/config.h"

#define SCRIPT_FILE "/run/cygnet-userdata.sh"	/* gone with the boot that needs it */
#define BOUNDARY "cygnet-user-data-part"

static void file_add(struct buf *out, const char *path, const char *mode, const char *content)
{
	size_t len;

	buf_addf(out, "- path: %s\n  permissions: '%s'\n  content: |\n", path, mode);
	for (; *content != '\0'; content += len + 1) {
		len = strcspn(content, "\n");
		buf_addf(out, "%s%.*s\n", len > 0 ? "    " : "", (int)len, content);
	}
}

char *wrap_cloud_config(const char *script, const char *settings)
{
	struct buf out = { 0 };

	buf_adds(&out, "#cloud-config\nwrite_files:\n");
	if (*settings != '\0')
		file_add(&out, CONFIG_FILE, "0644", settings);
	file_add(&out, SCRIPT_FILE, "0700", script);
	buf_adds(&out, "runcmd:\n- [/bin/sh, " SCRIPT_FILE "]\n");
	return buf_take(&out);
}

char *wrap_mime(const char *script)
{
	return mem_printf("Content-Type: multipart/mixed; boundary=\"" BOUNDARY "\"\n"
			  "MIME-Version: 1.0\n"
			  "\n"
			  "--" BOUNDARY "\n"
			  "Content-Type: text/x-shellscript; charset=\"us-ascii\"\n"
			  "MIME-Version: 1.0\n"
			  "Content-Transfer-Encoding: 7bit\n"
			  "Content-Disposition: attachment; filename=\"cygnet.sh\"\n"
			  "\n"
			  "%s\n"
			  "--" BOUNDARY "--\n", script);
}
