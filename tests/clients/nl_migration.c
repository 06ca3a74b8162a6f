// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nl_migration: the migration commands of the generic netlink family vdpa, without
 * the vdpa command: descriptions as text, states as files of netlink attributes.
 *
 *	nl_migration show dev|mgmtdev [NAME]
 *	nl_migration check dev|mgmtdev NAME <DESCRIPTION
 *	nl_migration save NAME FILE
 *	nl_migration load NAME FILE [OPTION…]
 *	nl_migration --pads …
 *
 * A description is a line "class N" and a line for each attribute:
 *
 *	NAME TYPE RULE[!] VALUE		! marks what is set at creation; "-": no value
 *
 * VALUE by type: u64, bitmask: a number; range: FIRST..LAST; set: MEMBER,MEMBER or
 * nothing; version: VERSION or VERSION accepts RANGES; any other: the rest of the
 * line. show prints "dev NAME" or "mgmtdev NAME" before each.
 *
 * With --pads, 64-bit numbers nested in requests have the empty attribute of type 0 before them that the kernel
 * puts there on machines without efficient unaligned access.
 *
 * load sends what save has written:
 *	--piece N		private state in pieces of N bytes (default 8192)
 *	--description FILE	this one instead, as show prints it
 *	--apart			description, features, virtqueues, each in a request of its own
 *	--features N		with these features instead
 *	--words N		with N bytes of words of features, too
 *	--features-end N	with these features in the last request, too
 *	--without WHAT		description, features, end, vq (all), offset
 *	--gap N			the second private piece bears an offset that is N too large
 *	--private FILE		with these private bytes instead
 *	--twice			each virtqueue twice
 *	--vq-size N		virtqueues of N descriptors
 *	--inflight N		virtqueues with N bytes, all 0, of what is in flight
 *
 * The last line is errno=NAME, after it message=…, attribute=N (a number, where the
 * kernel points at a top-level one) and missing=N. Exit status: 0 done, 1 usage, 2
 * refused, 3 broken.
 */

#define _GNU_SOURCE	/* strerrorname_np() */

#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/talk.h"

static bool pads;

static _Noreturn void quit(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("nl_migration: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(status);
}

static void put(int error)
{
	if (error)
		quit(3, "the request is too long: %s", nl_geterror(error));
}

/* Answers */

/* The top-level attribute at @offset in the request. */
static void print_offset(struct nlmsghdr *request, uint32_t offset)
{
	struct nlattr *nla;
	int left;

	nlmsg_for_each_attr(nla, request, GENL_HDRLEN, left) {
		size_t start = (char *)nla - (char *)request;

		if (offset >= start && offset < start + nla->nla_len) {
			printf("attribute=%d\n", nla_type(nla));
			return;
		}
	}
	printf("attribute=(none at offset %u)\n", offset);
}

static int print_verdict(struct nlmsghdr *request, const struct wire_answer *answer)
{
	printf("errno=%s\n", answer->err ? strerrorname_np(answer->err) : "0");
	if (*answer->message)
		printf("message=%s\n", answer->message);
	if (answer->offset)
		print_offset(request, answer->offset);
	if (answer->missing)
		printf("missing=%u\n", answer->missing);
	return answer->err ? 2 : 0;
}

/* Prints an error, or success unless @quiet. Returns the exit status. */
static int talk(struct wire *wire, struct nl_msg *msg, wire_take_t take, void *data, bool quiet)
{
	struct wire_answer answer;
	int status = 0;

	wire_ask(wire, nlmsg_hdr(msg), take, data, &answer);
	if (answer.end != WIRE_ANSWERED)
		quit(3, "no answer: %s", strerror(answer.err));
	if (answer.err || !quiet)
		status = print_verdict(nlmsg_hdr(msg), &answer);
	nlmsg_free(msg);
	return status;
}

/* Descriptions as text */

static void print_members(struct nlattr *nest)
{
	struct nlattr *nla;
	const char *between = "";
	int left;

	nla_for_each_nested(nla, nest, left) {
		if (nla_type(nla) != VDPA_MIGRATION_ATTR_MEMBER)
			continue;
		printf("%s%s", between, nla_get_string(nla));
		between = ",";
	}
}

static void print_value(const char *type, struct nlattr *nest, struct nlattr **tb)
{
	if (!strcmp(type, "set"))
		print_members(nest);
	else if (tb[VDPA_MIGRATION_ATTR_FIRST] && tb[VDPA_MIGRATION_ATTR_LAST])
		printf("0x%llx..0x%llx",
		       (unsigned long long)nla_get_u64(tb[VDPA_MIGRATION_ATTR_FIRST]),
		       (unsigned long long)nla_get_u64(tb[VDPA_MIGRATION_ATTR_LAST]));
	else if (tb[VDPA_MIGRATION_ATTR_U64])
		printf(strcmp(type, "u64") ? "0x%llx" : "%llu",
		       (unsigned long long)nla_get_u64(tb[VDPA_MIGRATION_ATTR_U64]));
	else if (tb[VDPA_MIGRATION_ATTR_STRING])
		printf("%s", nla_get_string(tb[VDPA_MIGRATION_ATTR_STRING]));
	else
		putchar('-');
	if (tb[VDPA_MIGRATION_ATTR_ACCEPTS])
		printf(" accepts %s", nla_get_string(tb[VDPA_MIGRATION_ATTR_ACCEPTS]));
}

static void print_attribute(struct nlattr *nest)
{
	struct nlattr *tb[VDPA_MIGRATION_ATTR_ACCEPTS + 1];
	const char *type;

	if (nla_parse_nested(tb, VDPA_MIGRATION_ATTR_ACCEPTS, nest, NULL) ||
	    !tb[VDPA_MIGRATION_ATTR_NAME] || !tb[VDPA_MIGRATION_ATTR_TYPE] ||
	    !tb[VDPA_MIGRATION_ATTR_RULE])
		quit(3, "the kernel sent an attribute without name, type or rule");
	type = nla_get_string(tb[VDPA_MIGRATION_ATTR_TYPE]);
	printf("%s %s %s%s ", nla_get_string(tb[VDPA_MIGRATION_ATTR_NAME]), type,
	       nla_get_string(tb[VDPA_MIGRATION_ATTR_RULE]),
	       tb[VDPA_MIGRATION_ATTR_PROVISION] ? "!" : "");
	print_value(type, nest, tb);
	putchar('\n');
}

static void print_list(struct nlattr *list)
{
	struct nlattr *nla;
	int left;

	nla_for_each_nested(nla, list, left) {
		if (nla_type(nla) == VDPA_MIGRATION_CLASS)
			printf("class %u\n", nla_get_u32(nla));
		else if (nla_type(nla) == VDPA_MIGRATION_ATTR)
			print_attribute(nla);
	}
}

static void print_description(struct nlmsghdr *nlh, void *data)
{
	uint16_t name = *(uint16_t *)data;
	struct nlattr *nla;
	int left;

	nlmsg_for_each_attr(nla, nlh, GENL_HDRLEN, left) {
		if (nla_type(nla) == name)
			printf("%s %s\n", name == VDPA_ATTR_DEV_NAME ? "dev" : "mgmtdev",
			       nla_get_string(nla));
		else if (nla_type(nla) == VDPA_ATTR_MIGRATION)
			print_list(nla);
	}
}

static uint16_t kind(const char *text)
{
	if (!strcmp(text, "dev"))
		return VDPA_ATTR_DEV_NAME;
	if (!strcmp(text, "mgmtdev"))
		return VDPA_ATTR_MGMTDEV_DEV_NAME;
	quit(1, "a dev or a mgmtdev, not a %s", text);
}

static int show(struct wire *wire, int argc, char **argv)
{
	uint16_t name = argc > 0 ? kind(argv[0]) : 0;
	struct nl_msg *msg;

	if (!name)
		quit(1, "show dev|mgmtdev [NAME]");
	msg = wire_request(wire, name == VDPA_ATTR_DEV_NAME ? VDPA_CMD_DEV_MIGRATION_GET :
		      VDPA_CMD_MGMTDEV_MIGRATION_GET, argc > 1 ? NLM_F_ACK : NLM_F_DUMP);
	if (argc > 1)
		put(nla_put_string(msg, name, argv[1]));
	return talk(wire, msg, print_description, &name, true);
}

static void put_pad(struct nl_msg *msg)
{
	put(nla_put(msg, VDPA_ATTR_PAD, 0, NULL));
}

static void put_u64(struct nl_msg *msg, int type, uint64_t value)
{
	if (pads)
		put_pad(msg);
	put(nla_put_u64(msg, type, value));
}

static void put_members(struct nl_msg *msg, char *text)
{
	for (char *member = strtok(text, ","); member; member = strtok(NULL, ","))
		put(nla_put_string(msg, VDPA_MIGRATION_ATTR_MEMBER, member));
}

static void put_range(struct nl_msg *msg, char *text)
{
	char *last = strstr(text, "..");

	if (!last)
		quit(1, "bad range: %s", text);
	*last = '\0';
	put_u64(msg, VDPA_MIGRATION_ATTR_FIRST, wire_number(text));
	put_u64(msg, VDPA_MIGRATION_ATTR_LAST, wire_number(last + 2));
}

static void put_version(struct nl_msg *msg, char *text)
{
	char *accepts = strstr(text, " accepts ");

	if (accepts) {
		*accepts = '\0';
		put(nla_put_string(msg, VDPA_MIGRATION_ATTR_ACCEPTS,
				   accepts + strlen(" accepts ")));
	}
	put(nla_put_string(msg, VDPA_MIGRATION_ATTR_STRING, text));
}

static void put_value(struct nl_msg *msg, const char *type, char *text)
{
	if (!strcmp(text, "-"))
		return;
	if (!strcmp(type, "set"))
		put_members(msg, text);
	else if (!strcmp(type, "range"))
		put_range(msg, text);
	else if (!strcmp(type, "u64") || !strcmp(type, "bitmask"))
		put_u64(msg, VDPA_MIGRATION_ATTR_U64, wire_number(text));
	else if (!strcmp(type, "version"))
		put_version(msg, text);
	else
		put(nla_put_string(msg, VDPA_MIGRATION_ATTR_STRING, text));
}

/* "~" means that the name, type or rule is left out. */
static void put_word(struct nl_msg *msg, int type, const char *word)
{
	if (strcmp(word, "~"))
		put(nla_put_string(msg, type, word));
}

static struct nlattr *nest_start(struct nl_msg *msg, int type)
{
	struct nlattr *nest = nla_nest_start(msg, type | NLA_F_NESTED);

	if (!nest)
		quit(3, "the request is too long");
	return nest;
}

static void put_line(struct nl_msg *msg, char *line)
{
	char *name = strtok(line, " "), *type = strtok(NULL, " ");
	char *rule = strtok(NULL, " "), *value = strtok(NULL, "");
	struct nlattr *nest;
	size_t len;

	if (!type)
		quit(1, "NAME TYPE RULE VALUE, not: %s", line);
	if (!strcmp(name, "class")) {
		put(nla_put_u32(msg, VDPA_MIGRATION_CLASS, wire_number(type)));
		return;
	}
	if (!strcmp(name, "dev") || !strcmp(name, "mgmtdev"))
		return;
	if (!rule)
		quit(1, "NAME TYPE RULE VALUE, not: %s", line);
	nest = nest_start(msg, VDPA_MIGRATION_ATTR);
	len = strlen(rule);
	if (len && rule[len - 1] == '!') {
		rule[len - 1] = '\0';
		put(nla_put_flag(msg, VDPA_MIGRATION_ATTR_PROVISION));
	}
	put_word(msg, VDPA_MIGRATION_ATTR_NAME, name);
	put_word(msg, VDPA_MIGRATION_ATTR_TYPE, type);
	put_word(msg, VDPA_MIGRATION_ATTR_RULE, rule);
	put_value(msg, type, value ? value : strdup(""));
	nla_nest_end(msg, nest);
}

static void put_description(struct nl_msg *msg, FILE *file)
{
	struct nlattr *nest = nest_start(msg, VDPA_ATTR_MIGRATION);
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (*line)
			put_line(msg, line);
	}
	free(line);
	nla_nest_end(msg, nest);
}

static int check(struct wire *wire, int argc, char **argv)
{
	struct nl_msg *msg;

	if (argc != 2)
		quit(1, "check dev|mgmtdev NAME <DESCRIPTION");
	msg = wire_request(wire, VDPA_CMD_MIGRATION_CHECK, NLM_F_ACK);
	put(nla_put_string(msg, kind(argv[0]), argv[1]));
	put_description(msg, stdin);
	return talk(wire, msg, NULL, NULL, false);
}

/* States as files: the attributes of all messages one after the other, without the names */

static void save_attrs(struct nlmsghdr *nlh, void *data)
{
	FILE *file = data;
	struct nlattr *nla;
	int left;

	nlmsg_for_each_attr(nla, nlh, GENL_HDRLEN, left)
		if (nla_type(nla) != VDPA_ATTR_DEV_NAME &&
		    fwrite(nla, NLA_ALIGN(nla->nla_len), 1, file) != 1)
			quit(3, "cannot write");
}

static int save(struct wire *wire, int argc, char **argv)
{
	struct nl_msg *msg;
	FILE *file;
	int status;

	if (argc != 2)
		quit(1, "save NAME FILE");
	file = fopen(argv[1], "w");
	if (!file)
		quit(3, "%s: %m", argv[1]);
	msg = wire_request(wire, VDPA_CMD_DEV_STATE_GET, NLM_F_DUMP);
	put(nla_put_string(msg, VDPA_ATTR_DEV_NAME, argv[0]));
	status = talk(wire, msg, save_attrs, file, false);
	if (fclose(file))
		quit(3, "%s: %m", argv[1]);
	return status;
}

struct buffer {
	unsigned char *bytes;
	size_t len;
};

static struct buffer read_file(const char *name)
{
	FILE *file = fopen(name, "r");
	struct buffer buffer = { };
	size_t got = 1;

	if (!file)
		quit(3, "%s: %m", name);
	while (got) {
		buffer.bytes = realloc(buffer.bytes, buffer.len + WIRE_REQUEST_MAX);
		if (!buffer.bytes)
			quit(3, "out of memory");
		got = fread(buffer.bytes + buffer.len, 1, WIRE_REQUEST_MAX, file);
		buffer.len += got;
	}
	fclose(file);
	return buffer;
}

struct load {
	struct wire *wire;
	const char *name;
	struct buffer attrs;		/* all of the file */
	struct buffer private;
	size_t piece;
	uint64_t gap;
	uint16_t vq_size;		/* 0: as saved */
	bool inflight;			/* replace the saved bytes in flight ... */
	uint16_t inflight_len;		/* ... by so many */
	const char *without;
	const char *features;
	const char *features_end;
	const char *words;
	const char *description;
	bool apart;
	bool twice;
};

static void collect_private(struct load *load)
{
	struct nlattr *nla;
	int left;

	load->private.bytes = malloc(load->attrs.len + 1);
	if (!load->private.bytes)
		quit(3, "out of memory");
	nla_for_each_attr(nla, (struct nlattr *)load->attrs.bytes, load->attrs.len, left) {
		if (nla_type(nla) != VDPA_ATTR_STATE_PRIVATE)
			continue;
		memcpy(load->private.bytes + load->private.len, nla_data(nla), nla_len(nla));
		load->private.len += nla_len(nla);
	}
}

static bool without(const struct load *load, const char *what)
{
	return !strcmp(load->without, what);
}

static struct nl_msg *piece_begin(struct load *load)
{
	struct nl_msg *msg = wire_request(load->wire, VDPA_CMD_DEV_STATE_SET, NLM_F_ACK);

	put(nla_put_string(msg, VDPA_ATTR_DEV_NAME, load->name));
	return msg;
}

/* Sets a bit only in the first word. */
static void put_words(struct nl_msg *msg, size_t len)
{
	unsigned char bytes[1024] = { 1 };

	if (len > sizeof(bytes))
		quit(1, "%zu bytes are too many", len);
	put(nla_put(msg, VDPA_ATTR_STATE_FEATURES_WORDS, len, bytes));
}

/* Returns the next message to fill. */
static struct nl_msg *piece_send(struct load *load, struct nl_msg *msg)
{
	int status = talk(load->wire, msg, NULL, NULL, true);

	if (status)
		exit(status);
	return piece_begin(load);
}

static const char *what_is(const struct nlattr *nla)
{
	switch (nla_type(nla)) {
	case VDPA_ATTR_MIGRATION:
		return "description";
	case VDPA_ATTR_STATE_FEATURES:
		return "features";
	case VDPA_ATTR_STATE_VQ:
		return "vq";
	default:
		return "status";
	}
}

static void put_described(struct nl_msg *msg, const char *name)
{
	FILE *file = fopen(name, "r");

	if (!file)
		quit(3, "%s: %m", name);
	put_description(msg, file);
	fclose(file);
}

static void resize(struct nlattr *vq, uint16_t size)
{
	struct nlattr *nla;
	int left;

	nla_for_each_nested(nla, vq, left)
		if (nla_type(nla) == VDPA_ATTR_VQ_SIZE)
			memcpy(nla_data(nla), &size, sizeof(size));
}

static void put_copy(struct nl_msg *msg, struct nlattr *nla, bool nested)
{
	struct nlattr *inner, *nest;
	int left;

	if (!(nla->nla_type & NLA_F_NESTED)) {
		if (pads && nested && nla_len(nla) == sizeof(uint64_t))
			put_pad(msg);
		put(nla_put(msg, nla->nla_type, nla_len(nla), nla_data(nla)));
		return;
	}
	nest = nest_start(msg, nla_type(nla));
	nla_for_each_nested(inner, nla, left)
		put_copy(msg, inner, true);
	nla_nest_end(msg, nest);
}

static void put_inflight(struct nl_msg *msg, struct nlattr *vq, uint16_t len)
{
	static const uint8_t zeroes[UINT16_MAX];
	struct nlattr *nest = nest_start(msg, VDPA_ATTR_STATE_VQ), *inner;
	int left;

	nla_for_each_nested(inner, vq, left)
		if (nla_type(inner) != VDPA_ATTR_VQ_INFLIGHT)
			put_copy(msg, inner, true);
	put(nla_put(msg, VDPA_ATTR_VQ_INFLIGHT, len, zeroes));
	nla_nest_end(msg, nest);
}

static void put_attr(struct load *load, struct nl_msg *msg, struct nlattr *nla)
{
	if (nla_type(nla) == VDPA_ATTR_STATE_VQ && load->vq_size)
		resize(nla, load->vq_size);
	if (nla_type(nla) == VDPA_ATTR_MIGRATION && load->description)
		put_described(msg, load->description);
	else if (nla_type(nla) == VDPA_ATTR_STATE_FEATURES && load->features)
		put(nla_put_u64(msg, VDPA_ATTR_STATE_FEATURES, wire_number(load->features)));
	else if (nla_type(nla) == VDPA_ATTR_STATE_VQ && load->inflight)
		put_inflight(msg, nla, load->inflight_len);
	else
		put_copy(msg, nla, false);
	if (nla_type(nla) == VDPA_ATTR_STATE_VQ && load->twice)
		put(nla_put(msg, nla->nla_type, nla_len(nla), nla_data(nla)));
}

static struct nl_msg *put_known(struct load *load, struct nl_msg *msg)
{
	struct nlattr *nla;
	int left;

	nla_for_each_attr(nla, (struct nlattr *)load->attrs.bytes, load->attrs.len, left) {
		if (nla_type(nla) == VDPA_ATTR_STATE_PRIVATE ||
		    nla_type(nla) == VDPA_ATTR_STATE_OFFSET || without(load, what_is(nla)))
			continue;
		put_attr(load, msg, nla);
		if (load->apart)
			msg = piece_send(load, msg);
	}
	return msg;
}

static struct nl_msg *put_private(struct load *load, struct nl_msg *msg)
{
	size_t at = 0, n;

	while (at < load->private.len) {
		n = load->private.len - at < load->piece ? load->private.len - at : load->piece;
		if (!without(load, "offset"))
			put(nla_put_u64(msg, VDPA_ATTR_STATE_OFFSET, at ? at + load->gap : 0));
		put(nla_put(msg, VDPA_ATTR_STATE_PRIVATE, n, load->private.bytes + at));
		at += n;
		if (at < load->private.len)
			msg = piece_send(load, msg);
	}
	return msg;
}

static int load(struct wire *wire, int argc, char **argv)
{
	struct load load = { .wire = wire, .piece = 8192, .without = "" };
	struct nl_msg *msg;

	if (argc < 2)
		quit(1, "load NAME FILE [OPTION…]");
	load.name = argv[0];
	load.attrs = read_file(argv[1]);
	collect_private(&load);
	for (int i = 2; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(argv[i], "--apart")) {
			load.apart = true;
			continue;
		}
		if (!strcmp(argv[i], "--twice")) {
			load.twice = true;
			continue;
		}
		i++;
		if (!strcmp(argv[i - 1], "--piece"))
			load.piece = wire_number(value);
		else if (!strcmp(argv[i - 1], "--gap"))
			load.gap = wire_number(value);
		else if (!strcmp(argv[i - 1], "--features"))
			load.features = value;
		else if (!strcmp(argv[i - 1], "--words"))
			load.words = value;
		else if (!strcmp(argv[i - 1], "--features-end"))
			load.features_end = value;
		else if (!strcmp(argv[i - 1], "--description"))
			load.description = value;
		else if (!strcmp(argv[i - 1], "--without"))
			load.without = value;
		else if (!strcmp(argv[i - 1], "--vq-size"))
			load.vq_size = wire_number(value);
		else if (!strcmp(argv[i - 1], "--inflight")) {
			load.inflight = true;
			load.inflight_len = wire_number(value);
		} else if (!strcmp(argv[i - 1], "--private"))
			load.private = read_file(value);
		else
			quit(1, "unknown option %s", argv[i - 1]);
	}
	msg = piece_begin(&load);
	if (load.words)
		put_words(msg, wire_number(load.words));
	msg = put_private(&load, put_known(&load, msg));
	if (load.features_end) {
		msg = piece_send(&load, msg);
		put(nla_put_u64(msg, VDPA_ATTR_STATE_FEATURES, wire_number(load.features_end)));
	}
	if (!without(&load, "end"))
		put(nla_put_flag(msg, VDPA_ATTR_STATE_END));
	return talk(wire, msg, NULL, NULL, false);
}

static const struct {
	const char *name;
	int (*run)(struct wire *wire, int argc, char **argv);
} commands[] = {
	{ "show", show },
	{ "check", check },
	{ "save", save },
	{ "load", load },
};

int main(int argc, char **argv)
{
	struct wire wire;

	if (argc > 1 && !strcmp(argv[1], "--pads")) {
		pads = true;
		argc--;
		argv++;
	}
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(commands[i].name, argv[1]))
			continue;
		wire_open(&wire);
		return commands[i].run(&wire, argc - 2, argv + 2);
	}
	quit(1, "show, check, save or load");
}
