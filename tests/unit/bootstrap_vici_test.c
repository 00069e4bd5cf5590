/* The connection to charon, against a charon that is slow, rude, gone or no charon at all. */
#include "tests/unit/fake_charon.h"

#include "base/mem.h"
#include "bootstrap/charon/message.h"

#define BYTES(turn, bytes) buf_add(turn, bytes, sizeof(bytes) - 1)

static struct vici *vici_to(const struct fake_charon *fake, int timeout_ms)
{
	struct err e = ERR_INIT;
	struct vici *vici = NULL;

	assert_int_equal(vici_open(fake->root, timeout_ms, &vici, &e), 0);
	return vici;
}

static int item_count(const struct vici_item *item, void *context, struct err *e)
{
	(void)e;
	*(int *)context += item->element == VICI_VALUE;
	return 0;
}

/* Ask for the version, which is 5.9.8 if it comes; the failure, if it is one, is in e. */
static int version_ask(struct fake_charon *fake, int timeout_ms, struct err *e)
{
	AUTO_VICI struct vici *vici = vici_to(fake, timeout_ms);
	AUTO_MESSAGE struct vici_message *reply = NULL;
	AUTO_FREE char *version = NULL;

	if (vici_request(vici, "version", NULL, &reply, e) < 0)
		return -1;
	assert_int_equal(vici_value(reply, "version", &version, e), 0);
	assert_string_equal(version, "5.9.8");
	return 0;
}

static int conns_ask(struct fake_charon *fake, int timeout_ms, int *ret_values, struct err *e)
{
	AUTO_VICI struct vici *vici = vici_to(fake, timeout_ms);

	*ret_values = 0;
	return vici_stream(vici, "list-conns", "list-conn", item_count, ret_values, e);
}

/* Of a command that was given 150 ms, begun at start. */
static void assert_timed_out(int64_t start, struct err *e, const char *command)
{
	AUTO_FREE char *cause = mem_printf("charon, asked to '%s': no answer within 150 ms", command);

	assert_in_range(clock_boot_ms() - start, 140, PATIENCE_MS);
	assert_error(e, EXIT_AGAIN, cause, "");
}

static void a_request_is_one_packet_and_its_reply_is_read(void **state)
{
	static const char expected[] = "\0\0\0\25" "\0\10initiate" "\3\5child\0\2us";
	AUTO_MESSAGE struct vici_message *request = vici_message_new(), *reply = NULL;
	CLEANUP(fake_done) struct fake_charon fake;
	AUTO_VICI struct vici *vici = NULL;
	AUTO_FREE char *success = NULL;
	struct err e = ERR_INIT;

	(void)state;
	fake_listen(&fake);
	fake_packet(fake_turn(&fake, AT_ONCE), RESPONSE, NULL, "success=yes");
	fake_start(&fake);
	vici = vici_to(&fake, 2000);
	vici_add(request, "child", "us");
	assert_int_equal(vici_request(vici, "initiate", request, &reply, &e), 0);
	assert_int_equal(vici_value(reply, "success", &success, &e), 0);
	assert_string_equal(success, "yes");
	vici_close(&vici);
	fake_stop(&fake);
	assert_int_equal(fake.received.len, sizeof expected - 1);
	assert_memory_equal(fake.received.data, expected, sizeof expected - 1);
}

static void a_stream_registers_reads_its_events_and_unregisters(void **state)
{
	static const char expected[] = "\0\0\0\13" "\3\11list-conn" "\0\0\0\14" "\0\12list-conns"
				       "\0\0\0\13" "\4\11list-conn";
	static const char *const events[] = { "one {a=1 b=2}", "two {a=1}" };
	CLEANUP(fake_done) struct fake_charon fake;
	struct err e = ERR_INIT;
	int values;

	(void)state;
	fake_listen(&fake);
	fake_stream(&fake, "list-conn", events, COUNT_OF(events));
	fake_start(&fake);
	assert_int_equal(conns_ask(&fake, 2000, &values, &e), 0);
	assert_int_equal(values, 3);
	fake_stop(&fake);
	assert_int_equal(fake.received.len, sizeof expected - 1);
	assert_memory_equal(fake.received.data, expected, sizeof expected - 1);
}

static void a_reply_that_comes_byte_by_byte_is_whole(void **state)
{
	CLEANUP(fake_done) struct fake_charon fake;
	struct err e = ERR_INIT;

	(void)state;
	fake_listen(&fake);
	fake_packet(fake_turn(&fake, BY_BYTES), RESPONSE, NULL, "daemon=charon version=5.9.8");
	fake_start(&fake);
	assert_int_equal(version_ask(&fake, 2000, &e), 0);
}

static void a_message_of_the_largest_size_is_read(void **state)
{
	static const char start[] = "\0\7\377\377" "\1";	/* one less than 512 KiB, for whole values */
	CLEANUP(fake_done) struct fake_charon fake;
	AUTO_MESSAGE struct vici_message *reply = NULL;
	AUTO_VICI struct vici *vici = NULL;
	struct err e = ERR_INIT;
	struct buf *turn;
	int values = 0;

	(void)state;
	fake_listen(&fake);
	turn = fake_turn(&fake, AT_ONCE);
	buf_add(turn, start, sizeof start - 1);
	while (turn->len < 4 + MESSAGE_MAX - 1)
		BYTES(turn, "\3\1k\0\1v");
	turn->len = 4 + MESSAGE_MAX - 1;
	fake_start(&fake);
	vici = vici_to(&fake, 5000);
	assert_int_equal(vici_request(vici, "version", NULL, &reply, &e), 0);
	assert_int_equal(reply->bytes.len, MESSAGE_MAX - 2);
	assert_int_equal(vici_walk(reply, item_count, &values, &e), 0);
	assert_int_equal(values, (MESSAGE_MAX - 2) / 6);
}

static void bytes_that_are_no_vici_are_an_error(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *cause;
	} cases[] = {
#define CASE(bytes, cause) { bytes, sizeof(bytes) - 1, "charon, asked to 'version': " cause }
		CASE("\0\0\0\0", "malformed packet: a length of 0 bytes"),
		CASE("\0\11\140\0\1", "malformed packet: a length of 614400 bytes"),
		CASE("\0\10\0\1\1", "malformed packet: a length of 524289 bytes"),
		CASE("HTTP/1.1 400 Bad Request\r\n", "malformed packet: a length of 1213486160 bytes"),
		CASE("\377\377\377\377", "malformed packet: a length of 4294967295 bytes"),
		CASE("\0\0\0\1\2", "it does not know this command"),
		CASE("\0\0\0\1\5", "an unexpected packet of type 5"),
		CASE("\0\0\0\1\0", "an unexpected packet of type 0"),
		CASE("\0\0\0\1\377", "an unexpected packet of type 255"),
		CASE("\0\0\0\5\7\3log", "an unexpected packet of type 7"),
		CASE("\0\0\0\1\7", "malformed event: its name ends beyond it"),
		CASE("\0\0\0\2\7\0", "malformed event: its name ends beyond it"),
		CASE("\0\0\0\5\7\4log", "malformed event: its name ends beyond it"),
#undef CASE
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CLEANUP(fake_done) struct fake_charon fake;
		struct err e = ERR_INIT;

		fake_listen(&fake);
		buf_add(fake_turn(&fake, AT_ONCE), cases[i].bytes, cases[i].len);
		fake_start(&fake);
		assert_int_equal(version_ask(&fake, 2000, &e), -1);
		assert_error(&e, EXIT_STEP, cases[i].cause, "");
	}
}

static void a_charon_that_says_nothing_is_waited_for_within_the_bound(void **state)
{
	CLEANUP(fake_done) struct fake_charon fake;
	int64_t start = clock_boot_ms();
	struct err e = ERR_INIT;

	(void)state;
	fake_listen(&fake);
	fake_turn(&fake, AT_ONCE);
	fake_start(&fake);
	assert_int_equal(version_ask(&fake, 150, &e), -1);
	assert_timed_out(start, &e, "version");
}

static void a_reply_that_drips_is_waited_for_within_the_bound(void **state)
{
	static const char head[] = "\0\7\0\0\1";
	CLEANUP(fake_done) struct fake_charon fake;
	int64_t start = clock_boot_ms();
	struct err e = ERR_INIT;
	struct buf *turn;

	(void)state;
	fake_listen(&fake);
	turn = fake_turn(&fake, BY_BYTES);
	buf_add(turn, head, sizeof head - 1);
	for (int i = 0; i < 100000; i++)
		buf_adds(turn, "x");
	fake_start(&fake);
	assert_int_equal(version_ask(&fake, 150, &e), -1);
	assert_timed_out(start, &e, "version");
}

static void events_without_end_are_waited_for_within_the_bound(void **state)
{
	CLEANUP(fake_done) struct fake_charon fake;
	int64_t start = clock_boot_ms();
	struct err e = ERR_INIT;
	struct buf *turn;
	int values;

	(void)state;
	fake_listen(&fake);
	fake_packet(fake_turn(&fake, AT_ONCE), CONFIRM, NULL, "");
	turn = fake_turn(&fake, FOR_EVER);
	for (int i = 0; i < 5000; i++)		/* written faster than they are read: none has to be waited for */
		fake_packet(turn, EVENT, "list-conn", "one {a=1}");
	fake_start(&fake);
	assert_int_equal(conns_ask(&fake, 150, &values, &e), -1);
	assert_in_range(values, 1, INT32_MAX);
	assert_timed_out(start, &e, "list-conns");
}

static void a_charon_that_hangs_up_is_an_error_and_no_signal(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = { { "", 0 }, { "\0\0", 2 }, { "\0\0\0\20\1\3", 6 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CLEANUP(fake_done) struct fake_charon fake;
		struct err e = ERR_INIT;

		fake_listen(&fake);
		buf_add(fake_turn(&fake, AND_CLOSE), cases[i].bytes, cases[i].len);
		fake_start(&fake);
		assert_int_equal(version_ask(&fake, 2000, &e), -1);
		assert_error(&e, EXIT_AGAIN,
			     "charon, asked to 'version': charon has gone away: it closed the connection", "");
	}
}

static void sending_to_a_charon_that_is_gone_is_an_error_and_no_signal(void **state)
{
	AUTO_MESSAGE struct vici_message *reply = NULL;
	CLEANUP(fake_done) struct fake_charon fake;
	AUTO_VICI struct vici *vici = NULL;
	struct err e = ERR_INIT;

	(void)state;
	fake_listen(&fake);
	vici = vici_to(&fake, 2000);
	fake_stop(&fake);
	assert_int_equal(vici_request(vici, "version", NULL, &reply, &e), -1);
	assert_error(&e, EXIT_AGAIN, "charon, asked to 'version': charon has gone away: Broken pipe", "");
}

static void a_failed_connection_reads_no_late_reply(void **state)
{
	AUTO_MESSAGE struct vici_message *reply = NULL;
	CLEANUP(fake_done) struct fake_charon fake;
	AUTO_VICI struct vici *vici = NULL;
	struct err e = ERR_INIT;

	(void)state;
	fake_listen(&fake);
	fake_turn(&fake, AT_ONCE);
	fake_packet(fake_turn(&fake, AT_ONCE), RESPONSE, NULL, "late=yes");
	fake_start(&fake);
	vici = vici_to(&fake, 100);
	assert_int_equal(vici_request(vici, "version", NULL, &reply, &e), -1);
	err_clear(&e);
	assert_int_equal(vici_request(vici, "stats", NULL, &reply, &e), -1);
	assert_null(reply);
	assert_error(&e, EXIT_AGAIN, "charon, asked to 'stats': charon has gone away: an earlier command failed", "");
}

static void a_registration_that_is_not_confirmed_is_an_error(void **state)
{
	static const struct {
		int answer;
		const char *cause;
	} cases[] = {
		{ EVENT_UNKNOWN, "charon, asked to 'list-conns': it does not know the event 'list-conn'" },
		{ RESPONSE, "charon, asked to 'list-conns': a packet of type 1 instead of a confirmation" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CLEANUP(fake_done) struct fake_charon fake;
		struct err e = ERR_INIT;
		int values;

		fake_listen(&fake);
		fake_packet(fake_turn(&fake, AT_ONCE), cases[i].answer, NULL, "");
		fake_start(&fake);
		assert_int_equal(conns_ask(&fake, 2000, &values, &e), -1);
		assert_error(&e, EXIT_STEP, cases[i].cause, "");
	}
}

static void a_malformed_event_fails_the_stream(void **state)
{
	CLEANUP(fake_done) struct fake_charon fake;
	struct err e = ERR_INIT;
	int values;

	(void)state;
	fake_listen(&fake);
	fake_packet(fake_turn(&fake, AT_ONCE), CONFIRM, NULL, "");
	fake_packet(fake_turn(&fake, AT_ONCE), EVENT, "list-conn", "one {a=1");
	fake_start(&fake);
	assert_int_equal(conns_ask(&fake, 2000, &values, &e), -1);
	assert_error(&e, EXIT_STEP,
		     "charon, asked to 'list-conns': malformed message: it ends inside a section or list", "");
}

static void a_request_too_large_is_not_sent(void **state)
{
	AUTO_MESSAGE struct vici_message *request = vici_message_new(), *reply = NULL;
	static char value[UINT16_MAX + 1];
	CLEANUP(fake_done) struct fake_charon fake;
	AUTO_VICI struct vici *vici = NULL;
	struct err e = ERR_INIT;

	(void)state;
	memset(value, 'x', sizeof value - 1);
	for (int i = 0; i < 9; i++)
		vici_add(request, "key", value);
	fake_listen(&fake);
	fake_start(&fake);
	vici = vici_to(&fake, 2000);
	assert_int_equal(vici_request(vici, "initiate", request, &reply, &e), -1);
	assert_error(&e, EXIT_STEP, "charon, asked to 'initiate': the request is larger than vici can carry", "");
	vici_close(&vici);
	fake_stop(&fake);
	assert_int_equal(fake.received.len, 0);
}

static void a_stale_socket_and_none_mean_try_again(void **state)
{
	CLEANUP(fake_done) struct fake_charon fake;
	struct vici *vici = NULL;
	struct err e = ERR_INIT;

	(void)state;
	fake_listen(&fake);
	fake_stop(&fake);
	assert_int_equal(vici_open(fake.root, 500, &vici, &e), -1);
	assert_error(&e, EXIT_AGAIN, "charon does not listen at '/run/charon.vici': Connection refused", "");
	assert_int_equal(vici_open("/nowhere", 500, &vici, &e), -1);
	assert_error(&e, EXIT_AGAIN, "charon does not listen at '/run/charon.vici': No such file or directory", "");
	assert_null(vici);
}

static void a_full_backlog_is_waited_for_within_the_bound(void **state)
{
	CLEANUP(fake_done) struct fake_charon fake;
	struct vici *waiting[16] = { NULL };
	struct err e = ERR_INIT;
	int64_t start = clock_boot_ms();
	size_t count = 0;

	(void)state;
	fake_listen(&fake);
	while (count < COUNT_OF(waiting) && vici_open(fake.root, 150, &waiting[count], &e) == 0)
		count++;
	for (size_t i = 0; i < count; i++)
		vici_close(&waiting[i]);
	assert_in_range(count, 1, COUNT_OF(waiting) - 1);
	assert_in_range(clock_boot_ms() - start, 140, PATIENCE_MS);
	assert_error(&e, EXIT_AGAIN,
		     "charon does not listen at '/run/charon.vici': Resource temporarily unavailable", "");
}

static void a_root_too_deep_for_a_socket_is_named(void **state)
{
	struct vici *vici = NULL;
	struct err e = ERR_INIT;
	char root[120];

	(void)state;
	memset(root, 'x', sizeof root - 1);
	root[0] = '/';
	root[sizeof root - 1] = '\0';
	assert_int_equal(vici_open(root, 500, &vici, &e), -1);
	assert_int_equal(e.code, EXIT_CONFIG);
	assert_non_null(strstr(e.cause, "is too long a path for a socket"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_one_packet_and_its_reply_is_read),
		cmocka_unit_test(a_stream_registers_reads_its_events_and_unregisters),
		cmocka_unit_test(a_reply_that_comes_byte_by_byte_is_whole),
		cmocka_unit_test(a_message_of_the_largest_size_is_read),
		cmocka_unit_test(bytes_that_are_no_vici_are_an_error),
		cmocka_unit_test(a_charon_that_says_nothing_is_waited_for_within_the_bound),
		cmocka_unit_test(a_reply_that_drips_is_waited_for_within_the_bound),
		cmocka_unit_test(events_without_end_are_waited_for_within_the_bound),
		cmocka_unit_test(a_charon_that_hangs_up_is_an_error_and_no_signal),
		cmocka_unit_test(sending_to_a_charon_that_is_gone_is_an_error_and_no_signal),
		cmocka_unit_test(a_failed_connection_reads_no_late_reply),
		cmocka_unit_test(a_registration_that_is_not_confirmed_is_an_error),
		cmocka_unit_test(a_malformed_event_fails_the_stream),
		cmocka_unit_test(a_request_too_large_is_not_sent),
		cmocka_unit_test(a_stale_socket_and_none_mean_try_again),
		cmocka_unit_test(a_full_backlog_is_waited_for_within_the_bound),
		cmocka_unit_test(a_root_too_deep_for_a_socket_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
