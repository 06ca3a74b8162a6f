// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * migration_ask: sends each case of a table to the kernel, byte for byte, even if it is malformed.
 * tests/migration_cases.txt describes the format.
 *
 *	migration_ask TABLE KNOB DEV MGMTDEV
 *
 * It writes the case's target to KNOB, a file of the test parent, which uses it as the description
 * of the device DEV and of the management device MGMTDEV. Then it sends a MIGRATION_CHECK for one
 * of them. It prints a line for each case, with the kernel's message:
 *
 *	WRITTEN <TAB> ERRNO <TAB> SENTENCE <TAB> MESSAGE
 *
 * WRITTEN is the table's verdict, ERRNO a name or 0. Cases that only files can contain are left
 * out.
 *
 * Exit status: 0 all cases were sent, 1 or 3 failure.
 */
#define _GNU_SOURCE	/* strerrorname_np() */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/talk.h"

enum { COLUMNS = 4 };

struct asker {
	struct wire wire;
	const char *knob, *dev, *mgmtdev;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "migration_ask: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* --- the table --- */

/* Splits a line at its bars, and removes the blanks around them. */
static bool split(char *line, char *columns[COLUMNS])
{
	for (int i = 0; i < COLUMNS; i++) {
		size_t len;

		if (!line)
			return false;
		columns[i] = strsep(&line, "|");
		columns[i] += strspn(columns[i], " \t");
		len = strlen(columns[i]);
		while (len && strchr(" \t\n", columns[i][len - 1]))
			columns[i][--len] = '\0';
	}
	return true;
}

/* Returns the next attribute in a cell; NULL at its end. */
static char *next_part(char **cell)
{
	char *part;

	do {
		part = strsep(cell, ";");
	} while (part && !part[strspn(part, " ")]);
	return part ? part + strspn(part, " ") : NULL;
}

/* --- the source, as attributes --- */

/* A hexadecimal number of more than 64 bits. */
static bool is_wide(const char *text)
{
	return strncmp(text, "0x", 2) == 0 && strlen(text) > 2 + 16;
}

/* Sixteen digits a word, from the end. */
static void put_words(struct nl_msg *msg, const char *text)
{
	uint64_t words[VDPA_WORDS_MAX + 1] = { 0 };
	size_t len = strlen(text += 2), n = 0;
	char digits[17];

	for (; len && n <= VDPA_WORDS_MAX; n++) {
		size_t some = len < 16 ? len : 16;

		len -= some;
		snprintf(digits, sizeof(digits), "%.*s", (int)some, text + len);
		words[n] = strtoull(digits, NULL, 16);
	}
	nla_put(msg, VDPA_MIGRATION_ATTR_WORDS, n * sizeof(words[0]), words);
}

/* One KEY=VALUE; "range" and the like need no more than their keys. */
static void put_token(struct nl_msg *msg, const char *token)
{
	static const struct {
		const char *key;
		int type;
		bool number;
	} keys[] = {
		{ "u64=",	VDPA_MIGRATION_ATTR_U64,	true },
		{ "first=",	VDPA_MIGRATION_ATTR_FIRST,	true },
		{ "last=",	VDPA_MIGRATION_ATTR_LAST,	true },
		{ "string=",	VDPA_MIGRATION_ATTR_STRING,	false },
		{ "accepts=",	VDPA_MIGRATION_ATTR_ACCEPTS,	false },
		{ "member=",	VDPA_MIGRATION_ATTR_MEMBER,	false },
	};

	if (strcmp(token, "provision") == 0) {
		nla_put_flag(msg, VDPA_MIGRATION_ATTR_PROVISION);
		return;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		size_t len = strlen(keys[i].key);

		if (strncmp(token, keys[i].key, len) != 0)
			continue;
		if (is_wide(token + len))
			put_words(msg, token + len);
		else if (keys[i].number)
			nla_put_u64(msg, keys[i].type, wire_number(token + len));
		else
			nla_put_string(msg, keys[i].type, token + len);
		return;
	}
	errno = EINVAL;
	die(token);
}

static void put_attribute(struct nl_msg *msg, char *text)
{
	static const int types[] = {
		VDPA_MIGRATION_ATTR_NAME, VDPA_MIGRATION_ATTR_TYPE, VDPA_MIGRATION_ATTR_RULE,
	};
	struct nlattr *nest = nla_nest_start(msg, VDPA_MIGRATION_ATTR | NLA_F_NESTED);
	size_t n = 0;
	char *word;

	while ((word = strsep(&text, " "))) {
		if (!*word)
			continue;
		if (n < sizeof(types) / sizeof(types[0]))
			nla_put_string(msg, types[n++], word);
		else
			put_token(msg, word);
	}
	nla_nest_end(msg, nest);
}

static uint32_t class_number(const char *name)
{
	static const char prefix[] = "class_";

	if (strncmp(name, prefix, strlen(prefix)) == 0)
		return wire_number(name + strlen(prefix));
	return strcmp(name, "block") == 0 ? 2 : 1;
}

static void put_source(struct nl_msg *msg, char *cell)
{
	static const char class[] = "class ";
	struct nlattr *nest = nla_nest_start(msg, VDPA_ATTR_MIGRATION | NLA_F_NESTED);
	char *part = next_part(&cell);

	if (part && strncmp(part, class, strlen(class)) == 0) {
		part[strcspn(part + strlen(class), " ") + strlen(class)] = '\0';
		nla_put_u32(msg, VDPA_MIGRATION_CLASS, class_number(part + strlen(class)));
		part = next_part(&cell);
	} else {
		nla_put_u32(msg, VDPA_MIGRATION_CLASS, 1);
	}
	for (; part; part = next_part(&cell))
		put_attribute(msg, part);
	nla_nest_end(msg, nest);
}

/* --- the target --- */

static void write_knob(const char *knob, const char *text)
{
	int fd = open(knob, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(knob);
	close(fd);
}

/* Returns true if the target is the management device. */
static bool set_target(const struct asker *asker, char *cell)
{
	static const char mgmtdev[] = "mgmtdev ; ";
	bool creates = strncmp(cell, mgmtdev, strlen(mgmtdev)) == 0;

	write_knob(asker->knob, creates ? cell + strlen(mgmtdev) : cell);
	return creates;
}

/* --- asking --- */

static void ask(struct asker *asker, char *source, bool creates, struct wire_answer *answer)
{
	struct nl_msg *msg = wire_request(&asker->wire, VDPA_CMD_MIGRATION_CHECK, NLM_F_ACK);

	if (creates)
		wire_put_string(msg, VDPA_ATTR_MGMTDEV_DEV_NAME, asker->mgmtdev);
	else
		wire_put_string(msg, VDPA_ATTR_DEV_NAME, asker->dev);
	put_source(msg, source);
	wire_ask(&asker->wire, nlmsg_hdr(msg), NULL, NULL, answer);
	nlmsg_free(msg);
	if (answer->end != WIRE_ANSWERED)
		wire_quit("migration_ask: no answer");
}

static void ask_case(struct asker *asker, char *columns[COLUMNS])
{
	bool creates = set_target(asker, columns[3]);
	struct wire_answer answer;
	const char *name;

	ask(asker, columns[2], creates, &answer);
	name = answer.err ? strerrorname_np(answer.err) : "0";
	printf("%s\t%s\t%s\t%s\n", columns[0], name ? name : "?", columns[1], answer.message);
}

int main(int argc, char **argv)
{
	struct asker asker = { 0 };
	char *line = NULL;
	size_t size = 0;
	FILE *table;

	if (argc != 5) {
		fprintf(stderr, "usage: migration_ask TABLE KNOB DEV MGMTDEV\n");
		return 1;
	}
	table = fopen(argv[1], "r");
	if (!table)
		die(argv[1]);
	asker.knob = argv[2];
	asker.dev = argv[3];
	asker.mgmtdev = argv[4];
	wire_open(&asker.wire);
	while (getline(&line, &size, table) >= 0) {
		char *columns[COLUMNS];

		if (*line == '#' || *line == '\n')
			continue;
		if (!split(line, columns)) {
			errno = EINVAL;
			die(line);
		}
		if (strcmp(columns[0], "unreadable") != 0)
			ask_case(&asker, columns);
	}
	free(line);
	fclose(table);
	wire_close(&asker.wire);
	return 0;
}
