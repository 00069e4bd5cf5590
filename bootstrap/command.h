/* command: what every command of the table gets and gives. */
#ifndef CYGNET_BOOTSTRAP_COMMAND_H
#define CYGNET_BOOTSTRAP_COMMAND_H

#include "bootstrap/session.h"

/*
 * A command: session is initialised, environment is the process's. Returns what the process exits
 * with when e is not set; an error in e decides otherwise. It prints its result; errors are main's
 * to print.
 */
typedef enum exit_code (*command_function)(struct session *session, char *const environment[],
					   struct err *e);

enum exit_code command_bootstrap(struct session *session, char *const environment[], struct err *e);
enum exit_code command_sync(struct session *session, char *const environment[], struct err *e);
enum exit_code command_rekey(struct session *session, char *const environment[], struct err *e);
enum exit_code command_plan(struct session *session, char *const environment[], struct err *e);
enum exit_code command_leave(struct session *session, char *const environment[], struct err *e);
enum exit_code command_forget(struct session *session, char *const environment[], struct err *e);
enum exit_code command_userdata(struct session *session, char *const environment[], struct err *e);
enum exit_code command_version(struct session *session, char *const environment[], struct err *e);

#endif
