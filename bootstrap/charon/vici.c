/*
 * vici: packets to and from charon over its Unix socket. A command is bounded in time and a packet
 * in size, because charon may hang, restart or be something else. It knows no command and no
 * message by meaning.
 */
#include "bootstrap/charon/vici.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "bootstrap/charon/message.h"
#include "bootstrap/charon/place.h"

#define CONNECT_POLL_MS 50

enum packet_type {
	CMD_REQUEST = 0,
	CMD_RESPONSE = 1,
	CMD_UNKNOWN = 2,
	EVENT_REGISTER = 3,
	EVENT_UNREGISTER = 4,
	EVENT_CONFIRM = 5,
	EVENT_UNKNOWN = 6,
	EVENT = 7,
};

struct vici {
	int fd;			/* not blocking; -1 once a command has failed */
	int timeout_ms;
	int64_t deadline_ms;	/* of the command that runs */
};

struct packet {
	unsigned char type;
	char name[NAME_MAX_LEN + 1];		/* of an event, else "" */
	struct vici_message *message;		/* owned */
};

static void packet_done(struct packet *packet)
{
	vici_message_free(&packet->message);
}

/* --- connecting --- */

/* A full backlog answers EAGAIN, which poll cannot wait for. */
static int socket_connect(int fd, const struct sockaddr_un *address, int64_t deadline_ms)
{
	while (connect(fd, (const struct sockaddr *)address, sizeof *address) < 0) {
		if (errno != EINTR && (errno != EAGAIN || clock_boot_ms() >= deadline_ms))
			return -1;
		clock_sleep_ms(CONNECT_POLL_MS);
	}
	return 0;
}

int vici_open(const char *root, int timeout_ms, struct vici **ret_vici, struct err *e)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	AUTO_FREE char *path = charon_place(root, VICI_SOCKET);
	AUTO_CLOSE int fd = -1;
	struct vici *vici;
	int len = snprintf(address.sun_path, sizeof address.sun_path, "%s%s",
			   root && strcmp(root, "/") != 0 ? root : "", path);

	if (len < 0 || (size_t)len >= sizeof address.sun_path)
		return err_set(e, EXIT_CONFIG, "'%s' is too long a path for a socket below '%s'",
			       path, root);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || socket_connect(fd, &address, clock_boot_ms() + timeout_ms) < 0)
		return err_set(e, errno == EACCES || errno == EPERM ? EXIT_STEP : EXIT_AGAIN,
			       "charon does not listen at '%s': %s", path, strerror(errno));
	vici = mem_calloc(1, sizeof *vici);
	*vici = (struct vici){ .fd = fd, .timeout_ms = timeout_ms };
	fd = -1;
	*ret_vici = vici;
	return 0;
}

void vici_close(struct vici **vici)
{
	if (*vici != NULL)
		mem_close(&(*vici)->fd);
	free(*vici);
	*vici = NULL;
}

/* --- bytes --- */

static int vici_gone(const char *why, struct err *e)
{
	return err_set(e, EXIT_AGAIN, "charon has gone away: %s", why);
}

static int vici_late(const struct vici *vici, struct err *e)
{
	return err_set(e, EXIT_AGAIN, "no answer within %d ms", vici->timeout_ms);
}

/*
 * Called when a send or receive failed with errno: 0 when it is worth another try, as the socket is
 * ready again.
 */
static int vici_wait(const struct vici *vici, short events, struct err *e)
{
	struct pollfd ready = { .fd = vici->fd, .events = events };
	int64_t left = vici->deadline_ms - clock_boot_ms();

	if (errno == EINTR)
		return 0;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return vici_gone(strerror(errno), e);
	if (left <= 0 || poll(&ready, 1, (int)left) == 0)
		return vici_late(vici, e);
	return 0;
}

static int bytes_send(const struct vici *vici, const struct buf *bytes, struct err *e)
{
	for (size_t sent = 0; sent < bytes->len;) {
		ssize_t n = send(vici->fd, bytes->data + sent, bytes->len - sent, MSG_NOSIGNAL);

		if (n < 0 && vici_wait(vici, POLLOUT, e) < 0)
			return -1;
		sent += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Exactly len bytes into ret_bytes, which grows with what has come, not with what was announced. */
static int bytes_receive(const struct vici *vici, size_t len, struct buf *ret_bytes, struct err *e)
{
	char block[8192];

	ret_bytes->len = 0;
	while (ret_bytes->len < len) {
		size_t left = len - ret_bytes->len;
		ssize_t n = recv(vici->fd, block, left < sizeof block ? left : sizeof block, 0);

		if (n == 0)
			return vici_gone("it closed the connection", e);
		if (n < 0 && vici_wait(vici, POLLIN, e) < 0)
			return -1;
		if (n > 0)
			buf_add(ret_bytes, block, (size_t)n);
	}
	return 0;
}

static uint32_t length_read(const struct buf *bytes)
{
	const unsigned char *b = (const unsigned char *)bytes->data;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* --- packets --- */

static int packet_send(const struct vici *vici, enum packet_type type, const char *name,
		       const struct vici_message *message, struct err *e)
{
	AUTO_BUF struct buf bytes = { 0 };
	size_t name_len = strlen(name), payload = message ? message->bytes.len : 0;
	size_t len = 2 + name_len + payload;
	const unsigned char start[] = {
		(unsigned char)(len >> 24), (unsigned char)(len >> 16),
		(unsigned char)(len >> 8), (unsigned char)len,
		(unsigned char)type, (unsigned char)name_len,
	};

	if (name_len > NAME_MAX_LEN || len > MESSAGE_MAX ||
	    (message != NULL && message->unsendable))
		return err_set(e, EXIT_STEP, "the request is larger than vici can carry");
	buf_add(&bytes, start, sizeof start);
	buf_add(&bytes, name, name_len);
	if (payload > 0)
		buf_add(&bytes, message->bytes.data, payload);
	return bytes_send(vici, &bytes, e);
}

static int packet_parse(const struct buf *bytes, struct packet *ret_packet, struct err *e)
{
	struct packet packet = { .type = (unsigned char)bytes->data[0] };
	const char *at = bytes->data + 1, *end = bytes->data + bytes->len;

	if (packet.type == EVENT) {
		size_t len = at < end ? (unsigned char)*at++ : 0;

		if (len == 0 || len > (size_t)(end - at))
			return err_set(e, EXIT_STEP, "malformed event: its name ends beyond it");
		memcpy(packet.name, at, len);
		at += len;
	}
	packet.message = vici_message_new();
	buf_add(&packet.message->bytes, at, (size_t)(end - at));
	*ret_packet = packet;
	return 0;
}

static int packet_receive(const struct vici *vici, struct packet *ret_packet, struct err *e)
{
	AUTO_BUF struct buf bytes = { 0 };
	uint32_t len;

	if (bytes_receive(vici, 4, &bytes, e) < 0)
		return -1;
	len = length_read(&bytes);
	if (len == 0 || len > MESSAGE_MAX)
		return err_set(e, EXIT_STEP, "malformed packet: a length of %u bytes", len);
	if (bytes_receive(vici, len, &bytes, e) < 0)
		return -1;
	return packet_parse(&bytes, ret_packet, e);
}

/* --- commands --- */

static int event_subscribe(const struct vici *vici, enum packet_type how, const char *event,
			   struct err *e)
{
	CLEANUP(packet_done) struct packet packet = { 0 };

	if (packet_send(vici, how, event, NULL, e) < 0 || packet_receive(vici, &packet, e) < 0)
		return -1;
	if (packet.type == EVENT_UNKNOWN)
		return err_set(e, EXIT_STEP, "it does not know the event '%s'", event);
	if (packet.type != EVENT_CONFIRM)
		return err_set(e, EXIT_STEP, "a packet of type %u instead of a confirmation",
			       packet.type);
	return 0;
}

/* Receive up to the reply; an event is not expected unless named, and is given to visit. */
static int reply_receive(const struct vici *vici, const char *event, vici_visit visit,
			 void *context, struct vici_message **ret_reply, struct err *e)
{
	for (;;) {
		CLEANUP(packet_done) struct packet packet = { 0 };

		if (clock_boot_ms() >= vici->deadline_ms)	/* an endless stream never waits */
			return vici_late(vici, e);
		if (packet_receive(vici, &packet, e) < 0)
			return -1;
		if (packet.type == CMD_RESPONSE) {
			*ret_reply = TAKE(packet.message);
			return 0;
		}
		if (packet.type == CMD_UNKNOWN)
			return err_set(e, EXIT_STEP, "it does not know this command");
		if (packet.type != EVENT || event == NULL || strcmp(packet.name, event) != 0)
			return err_set(e, EXIT_STEP, "an unexpected packet of type %u",
				       packet.type);
		if (vici_walk(packet.message, visit, context, e) < 0)
			return -1;
	}
}

static int command_start(struct vici *vici, struct err *e)
{
	vici->deadline_ms = clock_boot_ms() + vici->timeout_ms;
	return vici->fd < 0 ? vici_gone("an earlier command failed", e) : 0;
}

/* What is still to come on this connection answers the failed command: no later one may read it. */
static int command_failed(struct vici *vici, const char *command, struct err *e)
{
	mem_close(&vici->fd);
	vici->fd = -1;
	return err_wrap(e, "charon, asked to '%s'", command);
}

int vici_request(struct vici *vici, const char *command, const struct vici_message *request,
		 struct vici_message **ret_reply, struct err *e)
{
	if (command_start(vici, e) < 0 || packet_send(vici, CMD_REQUEST, command, request, e) < 0 ||
	    reply_receive(vici, NULL, NULL, NULL, ret_reply, e) < 0)
		return command_failed(vici, command, e);
	return 0;
}

int vici_stream(struct vici *vici, const char *command, const char *event, vici_visit visit,
		void *context, struct err *e)
{
	AUTO_MESSAGE struct vici_message *reply = NULL;

	if (command_start(vici, e) < 0 || event_subscribe(vici, EVENT_REGISTER, event, e) < 0 ||
	    packet_send(vici, CMD_REQUEST, command, NULL, e) < 0 ||
	    reply_receive(vici, event, visit, context, &reply, e) < 0 ||
	    event_subscribe(vici, EVENT_UNREGISTER, event, e) < 0)
		return command_failed(vici, command, e);
	return 0;
}
