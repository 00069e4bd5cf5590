/* wrap: the script in cloud-init's other formats. */
#ifndef CYGNET_USERDATA_WRAP_H
#define CYGNET_USERDATA_WRAP_H

/* All texts end in a newline; settings may be "". What is returned is yours to free. */

/* A #cloud-config that writes settings and script, and runs the script. */
char *wrap_cloud_config(const char *script, const char *settings);

/* A MIME multipart of the script alone, for other parts to be added. */
char *wrap_mime(const char *script);

#endif
