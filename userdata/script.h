/* script: what a new instance runs once, as root, to become a gateway. */
#ifndef CYGNET_USERDATA_SCRIPT_H
#define CYGNET_USERDATA_SCRIPT_H

#include "userdata/order.h"

/*
 * The settings that were given, as CONFIG_FILE has them: one line each, "" when there are none.
 * Those that are set elsewhere are left out; NULL: none is. Yours to free.
 */
char *script_settings(const struct config *config, bool (*elsewhere)(enum setting setting));

/*
 * The script, for any POSIX sh. settings is the text of CONFIG_FILE, NULL: the file is not touched.
 * Each step is named on the console, and fatal when it does not come right in ten minutes; of
 * cygnet's own exit codes those go on that the timer mends, once it is there. Yours to free.
 */
char *script_make(const struct order *order, const struct config *config, const char *settings);

#endif
