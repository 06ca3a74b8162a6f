// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plays a kernel that may be newer, older or hostile: builds the bytes of a
 * reply and hands them to the command's own parsing and printing functions.
 *
 *	test_replies [-j] mgmtdev|dev|config|vstats|vq ITEM ...
 *	test_replies family ITEM ...	prints what it takes from a family's description
 *	test_replies lacks		runs "dev config show" on a kernel without that command
 *	test_replies fuzz ROUNDS
 *
 * An ITEM is one of
 *	msg[:KEY=N ...]		begins a message of the family; KEY: seq, type, flags
 *	ATTR:str:TEXT		an attribute with TEXT and its terminator
 *	ATTR:raw:TEXT		the same without terminator
 *	ATTR:hex:DIGITS		any bytes
 *	ATTR:u8|u16|u32|u64:N
 *	error:ERRNO[:capped]	an acknowledgement; the attributes after it are extended ones
 *	done:ERRNO		the end of a dump
 *	attrlen:N		overwrites the length of the last attribute
 *	msglen:N		overwrites the length of the last message
 *	cut:N			takes N bytes away from the end
 *
 * ATTR is a name without VDPA_ATTR_, or a number. The request that is answered
 * is a "dev add" with DEV_NAME at offset 20 and MGMTDEV_DEV_NAME at 28.
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

#include "attrs.h"
#include "dev.h"
#include "error.h"
#include "mgmtdev.h"

struct options options;

enum { FAMILY = 0x20, SEQ = 7, SIZE = 256 * 1024, STATUS_INCOMPLETE = 3, STATUS_ARGUMENTS = 4 };

static char bytes[SIZE] __attribute__((aligned(8)));
static size_t used;
static struct nlmsghdr *message;
static struct nlattr *attribute;

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

static void *append(size_t len)
{
	void *at = bytes + used;

	memset(at, 0, MNL_ALIGN(len));
	used += MNL_ALIGN(len);
	return at;
}

static void begin(uint16_t type, uint16_t flags)
{
	message = append(sizeof(*message));
	message->nlmsg_type = type;
	message->nlmsg_flags = flags;
	message->nlmsg_seq = SEQ;
	message->nlmsg_len = sizeof(*message);
	attribute = NULL;
}

static void *extend(size_t len)
{
	void *at = append(len);

	message->nlmsg_len += MNL_ALIGN(len);
	return at;
}

static void begin_message(const char *keys)
{
	unsigned long value;
	char key[8];
	int n;

	begin(FAMILY, NLM_F_MULTI);
	extend(GENL_HDRLEN);
	for (; sscanf(keys, ":%7[a-z]=%li%n", key, (long *)&value, &n) == 2; keys += n) {
		if (strcmp(key, "seq") == 0)
			message->nlmsg_seq = value;
		else if (strcmp(key, "type") == 0)
			message->nlmsg_type = value;
		else if (strcmp(key, "flags") == 0)
			message->nlmsg_flags = value;
		else
			wrong(key);
	}
}

static struct nlmsghdr *request(void)
{
	static char buf[256] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = FAMILY;
	nlh->nlmsg_seq = SEQ;
	mnl_nlmsg_put_extra_header(nlh, GENL_HDRLEN);
	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, "v0");
	mnl_attr_put_strz(nlh, VDPA_ATTR_MGMTDEV_DEV_NAME, "vduse");
	return nlh;
}

static void begin_error(const char *arguments)
{
	const struct nlmsghdr *nlh = request();
	bool capped = strstr(arguments, ":capped");
	struct nlmsgerr *err;

	begin(NLMSG_ERROR, NLM_F_ACK_TLVS | (capped ? NLM_F_CAPPED : 0));
	err = extend(sizeof(*err));
	err->error = atoi(arguments);
	err->msg = *nlh;
	if (!capped)
		memcpy(extend(nlh->nlmsg_len - sizeof(*nlh)), nlh + 1, nlh->nlmsg_len - sizeof(*nlh));
}

static void begin_done(const char *arguments)
{
	begin(NLMSG_DONE, NLM_F_MULTI | NLM_F_ACK_TLVS);
	*(int32_t *)extend(sizeof(int32_t)) = atoi(arguments);
}

static uint16_t attribute_type(const char *name, size_t len)
{
	char wanted[64], known[64];

	if (strspn(name, "0123456789") == len)
		return atoi(name);
	snprintf(wanted, sizeof(wanted), "VDPA_ATTR_%.*s", (int)len, name);
	for (uint16_t type = 0; type < ATTR_SLOTS; type++) {
		attr_name(type, known, sizeof(known));
		if (strcmp(wanted, known) == 0)
			return type;
	}
	wrong(name);
}

static void put(uint16_t type, const void *payload, size_t len)
{
	attribute = extend(sizeof(*attribute) + len);
	attribute->nla_type = type;
	attribute->nla_len = sizeof(*attribute) + len;
	memcpy(attribute + 1, payload, len);
}

static void put_hex(uint16_t type, const char *digits)
{
	unsigned char payload[1024];
	size_t len = 0;

	for (; len < sizeof(payload) && sscanf(digits, "%2hhx", &payload[len]) == 1; digits += 2)
		len++;
	put(type, payload, len);
}

static void put_attribute(const char *item)
{
	size_t name = strcspn(item, ":");
	uint16_t type = attribute_type(item, name);
	const char *kind = item + name + 1;
	const char *value = strchr(item + name, ':') ? strchr(kind, ':') : NULL;
	uint64_t number;

	if (!value)
		wrong(item);
	value++;
	number = strtoull(value, NULL, 0);
	if (strncmp(kind, "str:", 4) == 0)
		put(type, value, strlen(value) + 1);
	else if (strncmp(kind, "raw:", 4) == 0)
		put(type, value, strlen(value));
	else if (strncmp(kind, "hex:", 4) == 0)
		put_hex(type, value);
	else if (kind[0] == 'u')	/* little-endian: the first bytes are the lowest */
		put(type, &number, atoi(kind + 1) / 8);
	else
		wrong(item);
}

static void add(const char *item)
{
	if (strncmp(item, "msg", 3) == 0 && (item[3] == ':' || !item[3]))
		begin_message(item + 3);
	else if (strncmp(item, "error:", 6) == 0)
		begin_error(item + 6);
	else if (strncmp(item, "done:", 5) == 0)
		begin_done(item + 5);
	else if (strncmp(item, "attrlen:", 8) == 0)
		attribute->nla_len = atoi(item + 8);
	else if (strncmp(item, "msglen:", 7) == 0)
		message->nlmsg_len = atoi(item + 7);
	else if (strncmp(item, "cut:", 4) == 0)
		used -= atoi(item + 4);
	else
		put_attribute(item);
}

/* --- parsing --- */

/* In a block of its own size, so that the sanitizer sees what is read past it. */
static enum nl_state parse(const struct printer *printer, struct output *out,
			   struct nl_error *err, bool *interrupted)
{
	struct nl_reply reply = {
		.request = request(), .family = FAMILY, .cb = printer->print, .data = out, .err = err,
	};
	char *copy = malloc(used ? used : 1);
	enum nl_state state;

	memcpy(copy, bytes, used);
	output_begin(out, printer->name);
	state = nl_parse(&reply, copy, used);
	output_end(out, state == NL_DONE);
	*interrupted = reply.interrupted;
	free(copy);
	return state;
}

static int play(const struct printer *printer)
{
	struct nl_error err = { 0 };
	bool interrupted = false;
	struct output out;
	enum nl_state state = parse(printer, &out, &err, &interrupted);

	if (interrupted)
		puts("(interrupted)");
	if (state == NL_FAILED)
		return error_refused("v0", &err);
	return state == NL_DONE ? STATUS_DONE : STATUS_INCOMPLETE;
}

static int play_family(void)
{
	struct nl nl = { 0 };
	struct nl_error err = { 0 };
	struct nl_reply reply = {
		.request = request(), .family = FAMILY, .cb = nl_family_cb, .data = &nl, .err = &err,
	};

	if (nl_parse(&reply, bytes, used) != NL_DONE)
		return error_refused(NULL, &err);
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
		.nl.socket = (struct mnl_socket *)bytes,
	};

	return command_connect(&vdpa);
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

	used = 0;
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		add(items[i]);
}

/* Changes a few bytes, the same ones for the same @round, and perhaps cuts the end off. */
static void damage(unsigned int round)
{
	srandom(round);
	for (int n = 1 + random() % 8; n; n--)
		bytes[random() % used] = random() % 3 ? random() : random() % 8;
	if (random() % 4 == 0)
		used = 1 + random() % used;
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
	if (argc > 1 && strcmp(argv[1], "-j") == 0) {
		options.json = true;
		first++;
	}
	if (first >= argc)
		wrong("");
	if (strcmp(argv[first], "lacks") == 0)
		return play_lacks();
	for (int item = first + 1; item < argc; item++)
		add(argv[item]);
	if (strcmp(argv[first], "family") == 0)
		return play_family();
	for (size_t i = 0; i < sizeof(printers) / sizeof(printers[0]); i++)
		if (strcmp(argv[first], printers[i].name) == 0)
			return play(&printers[i]);
	wrong(argv[first]);
}
