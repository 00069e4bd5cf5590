/*
 * fake_charon: a thread that answers vici requests with what a test has scripted, turn by turn. It
 * encodes packets by itself, from text as `swanctl --raw` prints it, so that a real reply can stand
 * in a test.
 */
#ifndef CYGNET_TESTS_UNIT_FAKE_CHARON_H
#define CYGNET_TESTS_UNIT_FAKE_CHARON_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "bootstrap/charon/charon.h"
#include "bootstrap/charon/vici.h"
#include "tests/unit/support.h"

#define TURNS_MAX 16

enum { REQUEST = 0, RESPONSE = 1, UNKNOWN = 2, REGISTER = 3, UNREGISTER = 4, CONFIRM = 5, EVENT_UNKNOWN = 6, EVENT = 7 };

enum manner {
	AT_ONCE,
	BY_BYTES,	/* one at a time */
	AND_CLOSE,	/* hang up after it */
	FOR_EVER,	/* again and again, until the client hangs up */
};

struct turn {
	enum manner manner;
	struct buf bytes;
};

struct fake_charon {
	char root[sizeof ROOT_TEMPLATE];
	struct turn turns[TURNS_MAX];
	size_t turn_count;
	struct buf received;		/* packets of the client; read it after fake_end */
	int listener;
	pthread_t thread;
	bool serving;
};

/* --- writing packets --- */

/* An element's type, if it has one, and a text behind its length of one or two bytes. */
static inline void fake_text(struct buf *out, int element, const char *text, size_t len,
			     unsigned width)
{
	const char type = (char)element, size[] = { (char)(len >> 8), (char)len };

	buf_add(out, &type, element != 0);
	buf_add(out, size + 2 - width, width);
	buf_add(out, text, len);
}

/* One element at text, and what has been read of it. */
static inline size_t fake_element(struct buf *out, const char *text, bool *in_list)
{
	size_t len, value;

	if (*text == '}' || (*in_list && *text == ']')) {
		buf_add(out, *text == '}' ? "\2" : "\6", 1);
		*in_list = false;
		return 1;
	}
	if (*in_list) {
		len = strcspn(text, " ][");
		len += text[len] == '[' ? strcspn(text + len, "]") + 1 : 0;	/* "10.0.0.0/8[tcp]" */
		fake_text(out, VICI_LIST_ITEM, text, len, 2);
		return len;
	}
	len = strcspn(text, " ={");
	*in_list = strncmp(text + len, "=[", 2) == 0;
	fake_text(out, *in_list ? VICI_LIST_START : text[len] == '=' ? VICI_VALUE : VICI_SECTION_START, text, len, 1);
	if (*in_list || text[len] != '=')
		return len + strspn(text + len, "= [{");
	value = strcspn(text + len + 1, " }");
	fake_text(out, 0, text + len + 1, value, 2);
	return len + 1 + value;
}

/*
 * A message from text such as "one {two=value three=[a b]}", as swanctl prints it; values have no
 * blanks.
 */
static inline void fake_message(struct buf *out, const char *text)
{
	bool in_list = false;

	for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " "))
		text += fake_element(out, text, &in_list);
}

static inline struct buf *fake_turn(struct fake_charon *fake, enum manner manner)
{
	struct turn *turn = &fake->turns[fake->turn_count++];

	*turn = (struct turn){ .manner = manner };
	return &turn->bytes;
}

/* Add a packet to a turn; name is that of an event, else NULL. */
static inline void fake_packet(struct buf *turn, int type, const char *name, const char *text)
{
	struct buf payload = { 0 };
	char head[5] = { 0, 0, 0, 0, (char)type };

	if (name != NULL)
		fake_text(&payload, 0, name, strlen(name), 1);
	fake_message(&payload, text);
	head[2] = (char)((payload.len + 1) >> 8);
	head[3] = (char)(payload.len + 1);
	buf_add(turn, head, sizeof head);
	buf_add(turn, buf_str(&payload), payload.len);
	buf_done(&payload);
}

/* The turns of a whole stream: registered, its events, the reply, unregistered. */
static inline void fake_stream(struct fake_charon *fake, const char *event,
			       const char *const texts[], size_t count)
{
	struct buf *stream;

	fake_packet(fake_turn(fake, AT_ONCE), CONFIRM, NULL, "");
	stream = fake_turn(fake, AT_ONCE);
	for (size_t i = 0; i < count; i++)
		fake_packet(stream, EVENT, event, texts[i]);
	fake_packet(stream, RESPONSE, NULL, "");
	fake_packet(fake_turn(fake, AT_ONCE), CONFIRM, NULL, "");
}

/* --- answering --- */

static inline bool fake_receive(struct fake_charon *fake, int fd)
{
	unsigned char head[4], block[4096];
	size_t left;

	if (recv(fd, head, sizeof head, MSG_WAITALL) != sizeof head)
		return false;
	buf_add(&fake->received, head, sizeof head);
	for (left = (size_t)head[2] << 8 | head[3]; left > 0;) {
		ssize_t n = recv(fd, block, left < sizeof block ? left : sizeof block, 0);

		if (n <= 0)
			return false;
		buf_add(&fake->received, block, (size_t)n);
		left -= (size_t)n;
	}
	return true;
}

/* False when the connection is of no more use. */
static inline bool fake_answer(const struct turn *turn, int fd)
{
	size_t step = turn->manner == BY_BYTES ? 1 : turn->bytes.len;

	do {
		for (size_t at = 0; at < turn->bytes.len; at += step) {
			if (send(fd, turn->bytes.data + at, step, MSG_NOSIGNAL) < 0)
				return false;
			if (turn->manner == BY_BYTES)
				clock_sleep_ms(1);
		}
	} while (turn->manner == FOR_EVER);
	return turn->manner != AND_CLOSE;
}

/* A turn for each packet; the client may hang up and connect again in between. */
static inline void *fake_serve(void *context)
{
	struct fake_charon *fake = context;
	size_t turn = 0;
	int fd;

	while ((fd = accept(fake->listener, NULL, NULL)) >= 0) {
		bool goes_on = true;

		while (goes_on && fake_receive(fake, fd)) {
			goes_on = turn < fake->turn_count && fake_answer(&fake->turns[turn], fd);
			turn++;
		}
		close(fd);
	}
	return NULL;
}

/* A socket as charon has it, below a temporary root. */
static const struct flavour fake_flavour = { .backend = BACKEND_SWANCTL };

/* The charon whose socket is below root. */
#define fake_at(root_) ((struct charon){ root_, &fake_flavour })

static inline void fake_listen(struct fake_charon *fake)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char folder[sizeof ROOT_TEMPLATE + sizeof "/run"];

	*fake = (struct fake_charon){ .root = ROOT_TEMPLATE };
	root_make(fake->root);
	snprintf(folder, sizeof folder, "%s/run", fake->root);
	assert_int_equal(mkdir(folder, 0755), 0);
	snprintf(address.sun_path, sizeof address.sun_path, "%s%s", fake->root, "/run/" VICI_SOCKET);
	fake->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fake->listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(fake->listener, 4), 0);
}

/* After the turns are written. */
static inline void fake_start(struct fake_charon *fake)
{
	assert_int_equal(pthread_create(&fake->thread, NULL, fake_serve, fake), 0);
	fake->serving = true;
}

/* Stops listening; what was received can be read after it, and the socket stays there, stale. */
static inline void fake_stop(struct fake_charon *fake)
{
	if (fake->listener < 0)
		return;
	shutdown(fake->listener, SHUT_RDWR);
	if (fake->serving)
		pthread_join(fake->thread, NULL);
	close(fake->listener);
	fake->listener = -1;
}

static inline void fake_done(struct fake_charon *fake)
{
	fake_stop(fake);
	for (size_t i = 0; i < fake->turn_count; i++)
		buf_done(&fake->turns[i].bytes);
	buf_done(&fake->received);
	root_remove(fake->root);
}

#endif
