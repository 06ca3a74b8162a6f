// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plays a kernel that describes devices and hands out their state, and may be
 * hostile: hands bytes to the command's own functions.
 *
 *	test_migration describe FILE	a file's description, sent to a kernel and read back from it
 *	test_migration save QUEUES PRIVATE PIECE [inflight]
 *					the document of a device with so many virtqueues and bytes of
 *					private state (byte i is i modulo 251), in pieces of PIECE bytes;
 *					with chains in flight
 *	test_migration save FAULT	the same with a fault: gap, late, nameless, queue, none, much, words, zero
 *	test_migration save wide	the same with a feature beyond bit 63
 *	test_migration round FAULT	a round of one, with a fault: none, queue, untold
 *	test_migration load FILE	takes a saved state, prints what is in it
 *	test_migration fuzz ROUNDS
 *
 * Exit status: 0, 1 where the file is refused, 2 where the reply is, 4 for arguments that are wrong.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/vdpa.h>

#include "cli/report.h"
#include "command/command.h"
#include "migration/description_json.h"
#include "migration/description_netlink.h"
#include "migration/document.h"
#include "migration/saved_state.h"

struct options options;

/* Says what is wrong, as the command does. */
static int refused(const char *subject, const struct nl_error *err)
{
	struct vdpa vdpa = { 0 };
	int status = error_refused(&vdpa, subject, err);

	report(&vdpa.faults, 0, "");
	return status;
}

static int wrong_file(const char *file, const struct nl_error *err)
{
	struct vdpa vdpa = { 0 };
	int status = error_file(&vdpa, file, err);

	report(&vdpa.faults, 0, "");
	return status;
}

enum { BUFFER = 128 * 1024, STATUS_ARGUMENTS = 4 };

static _Noreturn void wrong(const char *text)
{
	fprintf(stderr, "test_migration: what is \"%s\"?\n", text);
	exit(STATUS_ARGUMENTS);
}

/* --- messages --- */

static struct nlmsghdr *message(char *buf)
{
	struct nlmsghdr *nlh;

	memset(buf, 0, BUFFER);
	nlh = mnl_nlmsg_put_header(buf);
	mnl_nlmsg_put_extra_header(nlh, GENL_HDRLEN);
	return nlh;
}

/* In a block of its own size, so that the sanitizer sees what is read past it. */
static struct nlmsghdr *copy(const struct nlmsghdr *nlh)
{
	struct nlmsghdr *same = malloc(nlh->nlmsg_len);

	memcpy(same, nlh, nlh->nlmsg_len);
	return same;
}

static void put_text(struct nlmsghdr *nlh, uint16_t type, const char *text)
{
	mnl_attr_put_strz(nlh, type, text);
}

static void put_attribute(struct nlmsghdr *nlh, const char *name, const char *type, const char *rule)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, VDPA_MIGRATION_ATTR);

	put_text(nlh, VDPA_MIGRATION_ATTR_NAME, name);
	put_text(nlh, VDPA_MIGRATION_ATTR_TYPE, type);
	put_text(nlh, VDPA_MIGRATION_ATTR_RULE, rule);
	mnl_attr_put(nlh, VDPA_MIGRATION_ATTR_PROVISION, 0, NULL);
	mnl_attr_put_u64(nlh, VDPA_MIGRATION_ATTR_U64, 17);
	put_text(nlh, VDPA_MIGRATION_ATTR_STRING, "2.0.1");
	put_text(nlh, VDPA_MIGRATION_ATTR_ACCEPTS, "2.0.2-2.0.4,2.1.0-");
	put_text(nlh, VDPA_MIGRATION_ATTR_MEMBER, "suspend");
	mnl_attr_put_u64(nlh, VDPA_MIGRATION_ATTR_FIRST, 1);
	mnl_attr_put_u64(nlh, VDPA_MIGRATION_ATTR_LAST, 9);
	mnl_attr_nest_end(nlh, nest);
}

static void put_description(struct nlmsghdr *nlh)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, VDPA_ATTR_MIGRATION);

	mnl_attr_put_u32(nlh, VDPA_MIGRATION_CLASS, 1);
	put_attribute(nlh, "a", "u64", "at-least");
	put_attribute(nlh, "b", "bitmask", "superset");
	put_attribute(nlh, "c", "string", "equal");
	put_attribute(nlh, "d", "set", "superset");
	put_attribute(nlh, "e", "range", "contains");
	put_attribute(nlh, "f", "version", "version");
	put_attribute(nlh, "g", "colour", "info");
	mnl_attr_nest_end(nlh, nest);
}

/* Queue n has n % 4 in flight, from 3n on, where that is asked for. */
static unsigned int inflight;

static void put_inflight(struct nlmsghdr *nlh, uint32_t index)
{
	uint16_t chains[4];

	for (uint32_t i = 0; i < index % 4; i++)
		chains[i] = 3 * index + i;
	mnl_attr_put(nlh, VDPA_ATTR_VQ_INFLIGHT, index % 4 * sizeof(*chains), chains);
}

static void put_queue(struct nlmsghdr *nlh, uint32_t index, bool nameless)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, VDPA_ATTR_STATE_VQ);

	if (!nameless)
		mnl_attr_put_u32(nlh, VDPA_ATTR_DEV_QUEUE_INDEX, index);
	mnl_attr_put_u8(nlh, VDPA_ATTR_VQ_TYPE, index % 2 ? VDPA_VQ_TYPE_TX : VDPA_VQ_TYPE_RX);
	mnl_attr_put_u8(nlh, VDPA_ATTR_VQ_READY, 1);
	mnl_attr_put_u16(nlh, VDPA_ATTR_VQ_SIZE, 256);
	mnl_attr_put_u16(nlh, VDPA_ATTR_VQ_AVAIL_INDEX, index + 1000);
	mnl_attr_put_u8(nlh, VDPA_ATTR_VQ_STABLE, 1);
	if (inflight)
		put_inflight(nlh, index);
	mnl_attr_nest_end(nlh, nest);
}

static struct nlmsghdr *first_piece(char *buf)
{
	struct nlmsghdr *nlh = message(buf);

	put_text(nlh, VDPA_ATTR_DEV_NAME, "n0");
	put_description(nlh);
	mnl_attr_put_u64(nlh, VDPA_ATTR_STATE_FEATURES, 0x300010020);
	mnl_attr_put_u8(nlh, VDPA_ATTR_STATE_STATUS, 0x3f);
	return nlh;
}

/* Bit 65 is set, unless @high is 0; @len bytes of it, of at most 16. */
static struct nlmsghdr *wide_piece(char *buf, uint64_t high, size_t len)
{
	const uint64_t words[] = { 0x300010020, high };
	struct nlmsghdr *nlh = message(buf);

	put_text(nlh, VDPA_ATTR_DEV_NAME, "n0");
	put_description(nlh);
	mnl_attr_put(nlh, VDPA_ATTR_STATE_FEATURES_WORDS, len, words);
	mnl_attr_put_u8(nlh, VDPA_ATTR_STATE_STATUS, 0xf);
	return nlh;
}

static struct nlmsghdr *private_piece(char *buf, uint64_t offset, size_t len)
{
	struct nlmsghdr *nlh = message(buf);
	unsigned char *bytes = malloc(len + 1);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (offset + i) % 251;
	put_text(nlh, VDPA_ATTR_DEV_NAME, "n0");
	mnl_attr_put_u64(nlh, VDPA_ATTR_STATE_OFFSET, offset);
	mnl_attr_put(nlh, VDPA_ATTR_STATE_PRIVATE, len, bytes);
	free(bytes);
	return nlh;
}

/* --- what is played --- */

static int describe(const char *file)
{
	static char buf[BUFFER];
	struct nlmsghdr *nlh = message(buf);
	struct subject subject, back = { .available = true };
	const struct description *description;
	struct nl_error err = { 0 };
	struct output out;
	int failed;

	if (subject_read(file, &subject, &err) < 0 || subject_describe(&subject, 0, &description, &err) < 0)
		return wrong_file(file, &err);
	description_put(nlh, description);
	failed = description_take(mnl_nlmsg_get_payload_offset(nlh, GENL_HDRLEN), subject_add(&back), &err);
	if (!failed) {
		out_open(&out, stdout, true, false);
		out_document(&out);
		subject_write(&out, &back);
		out_document_end(&out);
	}
	subject_free(&subject);
	subject_free(&back);
	return failed ? refused(NULL, &err) : 0;
}

static int add(struct saved_state *state, struct nlmsghdr *nlh, struct nl_error *err)
{
	struct nlmsghdr *same = copy(nlh);
	int failed = saved_state_take(same, err, state);

	free(same);
	return failed;
}

static int finish(struct saved_state *state, int failed, struct nl_error *err)
{
	int status = 0;

	if (failed || saved_state_complete(state, err) < 0)
		status = refused(NULL, err);
	else if (saved_state_write(stdout, state) < 0)
		status = STATUS_ARGUMENTS;
	saved_state_free(state);
	return status;
}

/* A message with a name and nothing else may come at any time. */
static struct nlmsghdr *only_name(char *buf)
{
	struct nlmsghdr *nlh = message(buf);

	put_text(nlh, VDPA_ATTR_DEV_NAME, "n0");
	return nlh;
}

static int save(uint32_t queues, size_t private, size_t piece)
{
	static char buf[BUFFER];
	struct saved_state state = { .device = NULL };
	struct nl_error err = { 0 };
	int failed = add(&state, only_name(buf), &err) || add(&state, first_piece(buf), &err) ||
		     add(&state, only_name(buf), &err);

	for (uint32_t i = 0; !failed && i < queues;) {
		struct nlmsghdr *nlh = message(buf);

		put_text(nlh, VDPA_ATTR_DEV_NAME, "n0");
		for (size_t n = 0; n < 100 && i < queues; n++)
			put_queue(nlh, i++, false);
		failed = add(&state, nlh, &err);
	}
	for (size_t at = 0; !failed && at < private;) {
		size_t len = piece < private - at ? piece : private - at;

		failed = add(&state, private_piece(buf, at, len), &err);
		at += len;
	}
	return finish(&state, failed, &err);
}

static int save_fault(const char *fault)
{
	static char buf[BUFFER];
	struct saved_state state = { .device = NULL };
	struct nl_error err = { 0 };
	struct nlmsghdr *nlh;
	int failed = 0;

	if (strcmp(fault, "late") == 0) {
		failed = add(&state, private_piece(buf, 0, 5), &err);
	} else if (strcmp(fault, "nameless") == 0) {
		failed = add(&state, message(buf), &err);
	} else if (strcmp(fault, "gap") == 0) {
		failed = add(&state, first_piece(buf), &err) ||
			 add(&state, private_piece(buf, 0, 5), &err) ||
			 add(&state, private_piece(buf, 6, 5), &err);
	} else if (strcmp(fault, "queue") == 0) {
		nlh = first_piece(buf);
		put_queue(nlh, 0, true);
		failed = add(&state, nlh, &err);
	} else if (strcmp(fault, "wide") == 0) {
		failed = add(&state, wide_piece(buf, 2, 16), &err);
	} else if (strcmp(fault, "words") == 0) {
		failed = add(&state, wide_piece(buf, 2, 12), &err);
	} else if (strcmp(fault, "zero") == 0) {
		failed = add(&state, wide_piece(buf, 0, 16), &err);
	} else if (strcmp(fault, "much") == 0) {
		failed = add(&state, first_piece(buf), &err);
		for (uint64_t at = 0; !failed && at < UINT64_C(65) << 20; at += 32768)
			failed = add(&state, private_piece(buf, at, 32768), &err);
	} else if (strcmp(fault, "none") != 0) {
		wrong(fault);
	}
	return finish(&state, failed, &err);
}

static struct nlmsghdr *round_piece(char *buf)
{
	struct nlmsghdr *nlh = message(buf);

	put_text(nlh, VDPA_ATTR_DEV_NAME, "n0");
	put_description(nlh);
	mnl_attr_put_u32(nlh, VDPA_ATTR_STATE_ROUND, 7);
	return nlh;
}

static struct nlmsghdr *left_piece(char *buf)
{
	struct nlmsghdr *nlh = message(buf);

	put_text(nlh, VDPA_ATTR_DEV_NAME, "n0");
	mnl_attr_put_u64(nlh, VDPA_ATTR_PRECOPY_INITIAL, 5);
	mnl_attr_put_u64(nlh, VDPA_ATTR_PRECOPY_DIRTY, 6);
	return nlh;
}

static int save_round(const char *fault)
{
	static char buf[BUFFER];
	struct saved_state state = { .device = NULL };
	struct nl_error err = { 0 };
	struct nlmsghdr *nlh = round_piece(buf);
	int failed;

	if (strcmp(fault, "queue") == 0)
		put_queue(nlh, 0, false);
	failed = add(&state, nlh, &err) || add(&state, private_piece(buf, 0, 5), &err);
	if (!failed && strcmp(fault, "untold") != 0)
		failed = add(&state, left_piece(buf), &err);
	return finish(&state, failed, &err);
}

static int load(const char *file)
{
	struct document_stream stream;
	struct nl_error err = { 0 };
	struct saved_state state;
	char features[BITS_TEXT_SIZE];
	json_t *root;
	int failed;

	if (document_stream_open(file, SIZE_MAX, &stream, &err) < 0)
		return wrong_file(file, &err);
	root = document_stream_next(&stream, DOCUMENT_STATE_MAX, &err);
	failed = root ? saved_state_parse(root, &state, &err) : -1;
	json_decref(root);
	document_stream_close(&stream);
	if (failed)
		return wrong_file(file, &err);
	if (state.part != SAVED_STATE_WHOLE)
		printf("%s %u ", state.part == SAVED_STATE_ROUND ? "round" : "rounds", state.number);
	printf("class %u attributes %zu features %s status 0x%x queues %zu private %zu\n",
	       state.description.class, state.description.count, bits_text(&state.features, features),
	       state.status, state.n_queues, state.len);
	saved_state_free(&state);
	return 0;
}

/* --- fuzzing --- */

/* Changes a few bytes behind the header, the same ones for the same @round. */
static void damage(struct nlmsghdr *nlh, unsigned int round)
{
	unsigned char *bytes = (unsigned char *)nlh;
	size_t from = NLMSG_HDRLEN + GENL_HDRLEN;

	srandom(round);
	for (int n = 1 + random() % 8; n; n--)
		bytes[from + random() % (nlh->nlmsg_len - from)] = random() % 3 ? random() : random() % 16;
	if (random() % 4 == 0)
		nlh->nlmsg_len = from + random() % (nlh->nlmsg_len - from);
}

static int fuzz(unsigned int rounds)
{
	static char buf[BUFFER];
	FILE *nowhere = fopen("/dev/null", "w");
	unsigned int taken = 0;

	for (unsigned int round = 0; round < rounds; round++) {
		struct saved_state state = { .device = NULL };
		struct nl_error err = { 0 };
		struct nlmsghdr *nlh = first_piece(buf);

		inflight = round % 2;
		put_queue(nlh, 0, false);
		put_queue(nlh, 1, false);
		damage(nlh, round);
		/* What a kernel says is judged like a file: it is refused, or as good as one. */
		if (add(&state, nlh, &err) == 0 && saved_state_complete(&state, &err) == 0) {
			taken += description_check(&state.description, &err) == 0;
			saved_state_write(nowhere, &state);
		}
		saved_state_free(&state);
	}
	fclose(nowhere);
	printf("%u rounds: %u taken\n", rounds, taken);
	return 0;
}

int main(int argc, char **argv)
{
	json_object_seed(1);
	if (argc == 3 && strcmp(argv[1], "describe") == 0)
		return describe(argv[2]);
	if (argc == 3 && strcmp(argv[1], "load") == 0)
		return load(argv[2]);
	if (argc == 3 && strcmp(argv[1], "round") == 0)
		return save_round(argv[2]);
	if (argc == 3 && strcmp(argv[1], "save") == 0)
		return save_fault(argv[2]);
	inflight = argc == 6 && strcmp(argv[5], "inflight") == 0;
	if (argc == 5 + (int)inflight && strcmp(argv[1], "save") == 0)
		return save(atoi(argv[2]), atol(argv[3]), atol(argv[4]));
	if (argc == 3 && strcmp(argv[1], "fuzz") == 0)
		return fuzz(atoi(argv[2]));
	wrong(argc > 1 ? argv[1] : "");
}
