// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plays a kernel that may be newer, older or hostile: builds the bytes of a
 * reply and hands them to the command's own parsing and printing functions.
 *
 *	test_replies [-j | -jp] mgmtdev|dev|config|vstats|vq ITEM ...
 *	test_replies family ITEM ...	prints what it takes from a family's description
 *	test_replies lacks		runs "dev config show" on a kernel without that command
 *	test_replies fuzz ROUNDS
 *
 * reply.h tells what an ITEM is. The request that is answered is a "dev add" with
 * DEV_NAME at offset 20 and MGMTDEV_DEV_NAME at 28.
 *
 * The output is that of the command; the exit status 0 and 2, too. 3 says that
 * the reply was taken as incomplete, and 4 that the arguments are wrong.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/vdpa.h>

#include "device/dev.h"
#include "cli/report.h"
#include "command/command.h"
#include "device/mgmtdev.h"
#include "reply.h"

struct options options;

/* Says what is wrong, as the command does. */
static int refused(const char *subject, const struct nl_error *err)
{
	struct vdpa vdpa = { 0 };
	int status = error_refused(&vdpa, subject, err);

	report(&vdpa.faults, 0, "");
	return status;
}

enum { SEQ = 7, STATUS_INCOMPLETE = 3, STATUS_ARGUMENTS = 4 };

static struct reply made;

static const struct printer {
	const char *name;
	nl_cb print;
} printers[] = {
	{ "mgmtdev", mgmtdev_print },
	{ "dev", dev_print },
	{ "config", dev_config_print },
	{ "vstats", dev_vstats_print },
	{ "vq", dev_vq_print },
};

static _Noreturn void wrong(const char *item)
{
	fprintf(stderr, "test_replies: what is \"%s\"?\n", item);
	exit(STATUS_ARGUMENTS);
}

/* --- building --- */

static const struct nlmsghdr *request(void)
{
	static char buf[256] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = REPLY_FAMILY;
	nlh->nlmsg_seq = SEQ;
	mnl_nlmsg_put_extra_header(nlh, GENL_HDRLEN);
	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, "v0");
	mnl_attr_put_strz(nlh, VDPA_ATTR_MGMTDEV_DEV_NAME, "vduse");
	return nlh;
}

static void add(const char *item)
{
	if (!reply_add(&made, item))
		wrong(item);
}

/* --- parsing --- */

/* In a block of its own size, so that the sanitizer sees what is read past it. */
static enum nl_state parse(const struct printer *printer, struct output *out,
			   struct nl_error *err, bool *interrupted)
{
	struct nl_reply reply = {
		.request = request(), .family = REPLY_FAMILY, .cb = printer->print, .data = out, .err = err,
	};
	char *copy = malloc(made.used ? made.used : 1);
	enum nl_state state;

	memcpy(copy, made.bytes, made.used);
	out_open(out, stdout, options.json, options.pretty);
	out_begin(out, printer->name);
	state = nl_parse(&reply, copy, made.used);
	*interrupted = reply.interrupted;
	free(copy);
	return state;
}

static int play(const struct printer *printer)
{
	struct nl_error err = { 0 };
	struct vdpa vdpa = { 0 };
	bool interrupted = false;
	enum nl_state state = parse(printer, &vdpa.out, &err, &interrupted);
	enum status status;

	if (state == NL_MORE) {
		out_end(&vdpa.out, false);
		return STATUS_INCOMPLETE;
	}
	status = command_end(&vdpa, state == NL_FAILED, false, "v0", &err);
	if (interrupted)
		puts("(interrupted)");
	report(&vdpa.faults, 0, "");
	return status;
}

static int play_family(void)
{
	struct nl nl = { 0 };
	struct nl_error err = { 0 };
	struct nl_reply reply = {
		.request = request(), .family = REPLY_FAMILY, .cb = nl_family_cb, .data = &nl, .err = &err,
	};

	if (nl_parse(&reply, made.bytes, made.used) != NL_DONE)
		return refused(NULL, &err);
	printf("family %u:", nl.family);
	for (int command = 0; command < 256; command++)
		if (nl_knows(&nl, command))
			printf(" %d%s", command, nl_dumps(&nl, command) ? "(dump)" : "");
	putchar('\n');
	return STATUS_DONE;
}

/* The socket is not used: that a command is not there is known before. */
static int play_lacks(void)
{
	struct vdpa vdpa = {
		.command = dev_config_commands, .path = "dev config show",
		.nl.socket = (struct mnl_socket *)made.bytes,
	};
	enum status status = command_connect(&vdpa);

	report(&vdpa.faults, 0, "");
	return status;
}

/* --- fuzzing --- */

static void valid_reply(void)
{
	static const char *const items[] = {
		"msg", "DEV_NAME:str:v0", "MGMTDEV_BUS_NAME:str:pci", "MGMTDEV_DEV_NAME:str:0000:01:00.0",
		"DEV_ID:u32:1", "DEV_VENDOR_ID:u32:6900", "DEV_MAX_VQS:u32:5",
		"MGMTDEV_SUPPORTED_CLASSES:u64:6", "DEV_SUPPORTED_FEATURES:u64:0xffffffffffffffff",
		"msg", "DEV_NAME:str:v0", "DEV_ID:u32:1", "DEV_NET_CFG_MACADDR:hex:525400123456",
		"DEV_NET_STATUS:u16:3", "DEV_FEATURES:u64:0x300c30028", "DEV_QUEUE_INDEX:u32:1",
		"DEV_VENDOR_ATTR_NAME:str:received_desc", "DEV_VENDOR_ATTR_VALUE:u64:17",
		"error:-22:capped", "1:str:vdpa: no", "2:u32:20", "done:-5", "1:str:no", "5:u32:4",
	};

	reply_begin(&made, request());
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		add(items[i]);
}

/* Changes a few bytes, the same ones for the same @round, and perhaps cuts the end off. */
static void damage(unsigned int round)
{
	srandom(round);
	for (int n = 1 + random() % 8; n; n--)
		made.bytes[random() % made.used] = random() % 3 ? random() : random() % 8;
	if (random() % 4 == 0)
		made.used = 1 + random() % made.used;
}

static int fuzz(unsigned int rounds)
{
	unsigned int ends[3] = { 0 };
	struct nl_error err;
	struct output out;
	bool interrupted;

	for (unsigned int round = 0; round < rounds; round++) {
		options.json = round & 1;
		valid_reply();
		damage(round);
		ends[parse(&printers[round / 2 % 4], &out, &err, &interrupted)]++;
		out_end(&out, true);
	}
	printf("\n%u rounds: %u incomplete, %u done, %u failed\n", rounds,
	       ends[NL_MORE], ends[NL_DONE], ends[NL_FAILED]);
	return 0;
}

int main(int argc, char **argv)
{
	int first = 1;

	if (argc > 2 && strcmp(argv[1], "fuzz") == 0)
		return fuzz(atoi(argv[2]));
	for (; first < argc && argv[first][0] == '-'; first++) {
		options.json = true;
		options.pretty = strcmp(argv[first], "-jp") == 0;
	}
	if (first >= argc)
		wrong("");
	if (strcmp(argv[first], "lacks") == 0)
		return play_lacks();
	reply_begin(&made, request());
	for (int item = first + 1; item < argc; item++)
		add(argv[item]);
	if (strcmp(argv[first], "family") == 0)
		return play_family();
	for (size_t i = 0; i < sizeof(printers) / sizeof(printers[0]); i++)
		if (strcmp(argv[first], printers[i].name) == 0)
			return play(&printers[i]);
	wrong(argv[first]);
}
