/* session_support: a session below a temporary root, and what it logs. */
#ifndef CYGNET_TESTS_UNIT_SESSION_SUPPORT_H
#define CYGNET_TESTS_UNIT_SESSION_SUPPORT_H

#include "bootstrap/session.h"
#include "tests/unit/keys_support.h"

#define INSTANCE "i-0fedcba9876543210"

struct lab {
	char root[sizeof ROOT_TEMPLATE];
	struct options options;
	struct log log;
	char *logged;			/* once log.out is flushed, which each line does */
	size_t logged_size;
	struct session session;
};

static inline void lab_init(struct lab *lab)
{
	*lab = (struct lab){ .root = ROOT_TEMPLATE, .options.level = LOG_LEVEL_NORMAL };
	lab->options.root = root_make(lab->root);
	lab->log = (struct log){
		.out = open_memstream(&lab->logged, &lab->logged_size),
		.level = LOG_LEVEL_NORMAL,
	};
	session_init(&lab->session, &lab->options, &lab->log);
	lab->session.instance.id = mem_strdup(INSTANCE);
	lab->session.config.registry = mem_strdup("us-east-1");
	lab->session.config.prefix = mem_strdup("cygnet");
	lab->session.config.mesh = mem_strdup("lab");
	lab->session.config.site = mem_strdup("frankfurt");
}

static inline void lab_done(struct lab *lab)
{
	session_close(&lab->session);
	fclose(lab->log.out);
	free(lab->logged);
	root_remove(lab->root);
}

#define AUTO_LAB CLEANUP(lab_done) struct lab

#endif
