// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "cli/error.h"
#include "output/output_json.h"

static void json_newline(int depth)
{
	if (options.pretty)
		printf("\n%*s", depth * JSON_LEVEL, "");
}

/* Inside strings a line feed is escaped: each one here begins a line. */
static int json_write(const char *text, size_t len, void *data)
{
	(void)data;
	while (len) {
		const char *feed = memchr(text, '\n', len);
		size_t n = feed ? (size_t)(feed - text) : len;

		fwrite_unlocked(text, 1, n, stdout);
		if (feed)
			json_newline(JSON_ENTRY_DEPTH);
		n += feed ? 1 : 0;
		text += n;
		len -= n;
	}
	return 0;
}

void json_value(const json_t *value)
{
	size_t flags = JSON_ENCODE_ANY | (options.pretty ? JSON_INDENT(JSON_LEVEL) : JSON_COMPACT);

	if (json_dump_callback(value, json_write, NULL, flags) < 0)
		error_no_memory();
}

static void json_escape(unsigned char c)
{
	static const char letters[] = "\"\\\b\f\n\r\t", escapes[] = "\"\\bfnrt";
	const char *letter = strchr(letters, c);

	if (letter)
		printf("\\%c", escapes[letter - letters]);
	else
		printf("\\u%04X", c);
}

void json_escaped(const char *utf8)
{
	const char *from = utf8;

	for (const char *c = utf8; *c; c++) {
		if ((unsigned char)*c >= 0x20 && *c != '"' && *c != '\\')
			continue;
		fwrite_unlocked(from, 1, c - from, stdout);
		json_escape(*c);
		from = c + 1;
	}
	fputs_unlocked(from, stdout);
}

static void json_text(const char *utf8)
{
	putchar_unlocked('"');
	json_escaped(utf8);
	putchar_unlocked('"');
}

void json_key(const char *name)
{
	json_text(name);
	fputs_unlocked(options.pretty ? ": " : ":", stdout);
}

void json_open(struct output *out)
{
	if (options.batch && out->documents++)
		fputs(",\n", stdout);
	putchar('{');
	json_newline(1);
	json_key(out->section);
	putchar('{');
}

void json_close(const struct output *out)
{
	if (out->entries)
		json_newline(1);
	putchar('}');
	json_newline(0);
	fputs(options.batch ? "}" : "}\n", stdout);
}

void json_entry_next(struct output *out)
{
	if (out->entries)
		putchar_unlocked(',');
	else
		json_open(out);
	json_newline(JSON_ENTRY_DEPTH);
}
